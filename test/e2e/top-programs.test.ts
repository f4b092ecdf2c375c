/** circus-top beside other programs: a real circusd, pipes, ssh. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import test, { type TestContext } from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { eventually, kill } from "../helpers/facts.js";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir } from "../helpers/temp.js";
import { Terminal } from "../helpers/terminal.js";

const PROGRAM = repositoryPath("bin", "circus-top.js");

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs circus-top to its end; with `lines` it is asked to end by SIGTERM once it has printed so many. */
async function top(
  args: readonly string[],
  { env = {}, node = [], lines = Infinity }: { env?: NodeJS.ProcessEnv; node?: readonly string[]; lines?: number } = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [...node, PROGRAM, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (stdout.split("\n").length > lines) child.kill("SIGTERM");
  });
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, "close");
  return { code: child.exitCode, stdout, stderr };
}

/** Starts the publisher of fixed figures. @returns where it publishes */
async function publish(t: TestContext): Promise<string> {
  const child = spawn(process.execPath, [repositoryPath("test", "fixtures", "publishes-figures.js"), "tcp://127.0.0.1:*"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  t.after(async () => {
    child.stdin.end();
    await ended;
  });
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("the publisher ended");
}

test("circus-top follows the watchers of a circusd that starts circusd-stats", { skip: without("tmux", "-V") }, async (t) => {
  const dir = await tempDir();
  const endpoint = `ipc://${dir.join("stats.sock")}`;
  const daemon = await Daemon.start(t, {
    dir,
    circus: `statsd = True\nstats_endpoint = ${endpoint}`,
    ini: "[watcher:web]\ncmd = sleep 600\nnumprocesses = 2\n\n[socket:web]\nhost = 127.0.0.1\nport = 0",
  });
  t.after(() => dir[Symbol.asyncDispose]());
  const terminal = await Terminal.open(t, { width: 100 });
  await terminal.enter(`${process.execPath} ${PROGRAM} --endpoint ${endpoint}`);
  const [first = 0, second = 0] = await daemon.processes("web", 2);
  const shown = await terminal.shows(/web \(2\)(.*\n)*.*sockets \(1\)/);
  for (const pid of [first, second, daemon.pid]) assert.match(shown, new RegExp(`^ {4}${pid}\\b`, "m"));
  assert.match(shown, /^ {4}\d+ circusd-stats/m);
  await daemon.client.call("incr", { name: "web" });
  await terminal.shows(/web \(3\)/);
  kill(first, "SIGKILL");
  await terminal.shows(new RegExp(`^(?![^]*\\b${first}\\b)[^]*web \\(3\\)`));
});

test("in a pipe it prints a table and ends, or a line of JSON for each round", async (t) => {
  const endpoint = await publish(t);
  const whole = await top(["--endpoint", endpoint]);
  assert.deepEqual([whole.code, whole.stderr], [0, ""]);
  assert.match(whole.stdout, /^WATCHER +PID +CPU% .*\n[^]*\nweb +all +107\.5 [^]*\nSOCKET +READS\/S\n/);
  assert.doesNotMatch(whole.stdout, /\p{Cc}(?<!\n)/u);
  const rounds = await top(["--endpoint", endpoint, "--json"], { lines: 2 });
  assert.equal(rounds.code, 143);
  for (const line of rounds.stdout.trimEnd().split("\n")) assert.match(line, /^\{"time": .*"name": "web", "count": 3, "cpu": 107\.5/);
});

test("--ssh reaches the figures of another host, and the forward ends with it", async (t) => {
  const endpoint = await publish(t);
  const dir = await tempDir(t);
  const record = dir.join("record");
  symlinkSync(repositoryPath("test", "fixtures", "pretends-to-be-ssh.js"), dir.join("ssh"));
  const env = { PATH: `${dir.path}:${process.env["PATH"] ?? ""}`, SSH_RECORD: record };
  const { code, stdout } = await top(["--ssh", "me@far:22", "--endpoint", endpoint, "--once"], { env });
  assert.equal(code, 0);
  assert.match(stdout, /^web +all/m);
  const pid = /"pid":(\d+)/.exec(readFileSync(record, "utf8"))?.[1];
  await eventually(
    () => isAlive(Number(pid)),
    (alive) => !alive,
  );
  const refused = await top(["--ssh", "me@far", "--once"], { env: { ...env, SSH_REFUSES: "1" } });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^circus-top: Cannot reach .* through ssh to "me@far": .*Permission denied/);
});

test("a lost way through ssh ends it with ssh's own words", async (t) => {
  const endpoint = await publish(t);
  const dir = await tempDir(t);
  const record = dir.join("record");
  symlinkSync(repositoryPath("test", "fixtures", "pretends-to-be-ssh.js"), dir.join("ssh"));
  const env = { PATH: `${dir.path}:${process.env["PATH"] ?? ""}`, SSH_RECORD: record };
  const running = top(["--ssh", "far", "--endpoint", endpoint, "--json"], { env });
  await eventually(() => existsSync(record) && readFileSync(record, "utf8") !== "", Boolean);
  kill(Number(/"pid":(\d+)/.exec(readFileSync(record, "utf8"))?.[1]), "SIGKILL");
  const { code, stderr } = await running;
  assert.equal(code, 1);
  assert.match(stderr, /ssh to "far": ssh ended with/);
});

test("--version and --help load neither the terminal's library nor the network's", async (t) => {
  const dir = await tempDir(t);
  const watch = await dir.write(
    "watch.mjs",
    'import Module from "node:module";\nprocess.on("exit", () => console.error(Object.keys(Module._cache).join("\\n")));\n',
  );
  for (const option of ["--version", "--help"]) {
    const { code, stderr } = await top([option], { node: ["--import", watch] });
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /blessed|zeromq/);
  }
});
