/** What workers say, asked for and followed with circusctl. */
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import test, { type TestContext } from "node:test";
import { Daemon } from "../helpers/daemon.js";
import { eventually, fileWith, kill, memoryOf } from "../helpers/facts.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

const REPEATS = `/bin/sh ${repositoryPath("test", "fixtures", "repeats-a-fifo.sh")}`;

/** A fifo whose reader says what is written into it, and how to do that. */
function mouth(dir: TempDir, name: string) {
  const fifo = dir.join(name);
  execFileSync("mkfifo", [fifo]);
  return { cmd: `${REPEATS} ${fifo}`, say: (text: string) => appendFile(fifo, text) };
}

interface Follower {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits for what it prints. */
  readonly printed: (pattern: RegExp) => Promise<string>;
  /** Presses Ctrl-C. @returns the exit code */
  readonly interrupt: () => Promise<number | null>;
}

/** circusctl tail -f, until the test ends. */
function follow(t: TestContext, endpoint: string, ...args: readonly string[]): Follower {
  const child = spawn(process.execPath, [repositoryPath("bin", "circusctl.js"), "--endpoint", endpoint, "tail", "-f", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString("latin1")));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    printed: (pattern) =>
      eventually(
        () => stdout + stderr,
        (text) => pattern.test(text),
      ),
    interrupt: async () => {
      child.kill("SIGINT");
      await ended;
      return child.exitCode;
    },
  };
}

test("the last words of a worker that crashed are there when its successor runs, also after a stop", async (t) => {
  const dir = await tempDir(t);
  const again = dir.join("again");
  const cmd = `sh -c 'test -e ${again} && exec sleep 3600; touch ${again}; echo at work; printf "the reason" >&2; exit 3'`;
  const ini = `[watcher:web]\ncmd = ${cmd}\ncopy_env = True\nstdout_stream.class = FileStream\nstdout_stream.filename = ${dir.join("log")}\nstderr_stream.class = StdoutStream\n`;
  const daemon = await Daemon.start(t, { ini });
  const shown = await eventually(
    () => daemon.ctl("tail", "web"),
    ({ stdout }) => stdout.includes("reason"),
  );
  assert.deepEqual([shown.code, shown.stdout, shown.stderr], [0, "at work\nthe reason\n", ""]);
  assert.equal((await daemon.ctl("tail", "web", "--stderr")).stdout, "the reason\n");
  await daemon.client.call("stop", { name: "web", waiting: true });
  assert.equal((await daemon.ctl("tail", "web", "--stdout")).stdout, "at work\n");
});

test("following survives a restart of the watcher and of circusd, and Ctrl-C ends it with 0", async (t) => {
  const dir = await tempDir(t);
  const { cmd, say } = mouth(dir, "fifo");
  const ini = `[watcher:web]\ncmd = ${cmd}\ncopy_env = True\nstdout_stream.class = FileStream\nstdout_stream.filename = ${dir.join("log")}\n`;
  const first = await Daemon.start(t, { dir, ini });
  const follower = follow(t, first.endpoint, "web");
  await say("one\n");
  await follower.printed(/one\n/);
  await first.client.call("restart", { name: "web", waiting: true });
  await say("two\n");
  await follower.printed(/two\n/);
  kill(first.pid, "SIGTERM");
  await first.exit();
  await follower.printed(/circusd is away \(arbiter is stopping\.\.\.\)/);
  await Daemon.start(t, { dir, ini });
  await say("three\n");
  await follower.printed(/three\n/);
  assert.equal(await follower.interrupt(), 0);
  assert.equal(follower.stdout(), "one\ntwo\nthree\n");
  assert.match(follower.stderr(), /circusd is back\n$/);
});

test("a follower learns at once that the watcher was removed, and nobody waits for him at the end", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600\ncopy_env = True\ntail_lines = 10\n" });
  await daemon.onlyProcess("web");
  const { cursor } = await daemon.client.call("tail", { name: "web" });
  const waiting = daemon.client.call("tail", { name: "web", after: cursor, wait: 60 });
  const refused = assert.rejects(waiting, { reason: "program web not found" });
  await daemon.client.call("list", {});
  await daemon.client.call("rm", { name: "web", waiting: true });
  await refused;
});

test("a gigabyte's worth of lines that nobody follows costs no memory, and a follower that stopped does not hurt", async (t) => {
  const dir = await tempDir(t);
  const go = dir.join("go");
  const flood = `until test -e ${go}; do sleep 0.05; done; yes "$(printf %01000d 7)" | head -c 199999800; echo end; exec sleep 3600`;
  const ini = `[watcher:web]\ncmd = sh -c '${flood}'\ncopy_env = True\nstdout_stream.class = FileStream\nstdout_stream.filename = /dev/null\n`;
  const daemon = await Daemon.start(t, { ini });
  await daemon.onlyProcess("web");
  const stopped = follow(t, daemon.endpoint, "web");
  const before = memoryOf(daemon.pid);
  kill(stopped.process.pid, "SIGSTOP");
  await writeFile(go, "");
  const last = await eventually(
    () => daemon.client.call("tail", { name: "web", lines: 1 }),
    ({ lines }) => lines[0]?.text === "end",
  );
  assert.equal(last.lines.length, 1);
  assert.ok(memoryOf(daemon.pid) - before < 100_000_000, `${memoryOf(daemon.pid) - before} bytes more`);
  kill(stopped.process.pid, "SIGCONT");
  await stopped.printed(/end\n/);
  assert.equal(await stopped.interrupt(), 0);
});

test("bytes that are no text arrive as they are", async (t) => {
  const dir = await tempDir(t);
  const noise = Buffer.concat([randomBytes(20_000), Buffer.from("\n")]);
  await writeFile(dir.join("noise"), noise);
  const ini = `[watcher:web]\ncmd = sh -c 'cat ${dir.join("noise")}; echo end; exec sleep 3600'\ncopy_env = True\ntail_lines = 2000\n`;
  const daemon = await Daemon.start(t, { ini });
  const follower = follow(t, daemon.endpoint, "web", "-n", "2000");
  await follower.printed(/end\n$/);
  assert.equal(follower.stdout(), `${noise.toString("latin1")}end\n`);
});

test("tail of a watcher without a stream tells how to keep its output, and set does it", async (t) => {
  const dir = await tempDir(t);
  const { cmd, say } = mouth(dir, "fifo");
  const daemon = await Daemon.start(t, { ini: `[watcher:web]\ncmd = ${cmd}\ncopy_env = True\n` });
  const old = await daemon.onlyProcess("web");
  const refused = await daemon.ctl("tail", "web");
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /journalctl.*tail_lines = 200 or stdout_stream\.class = StdoutStream/);
  assert.equal((await daemon.ctl("set", "web", "tail_lines", "5", "--waiting")).stdout, "ok\n");
  const pid = await daemon.onlyProcess("web");
  assert.notEqual(pid, old);
  await say("kept\n");
  await eventually(
    () => daemon.ctl("tail", "web"),
    ({ stdout }) => stdout === "kept\n",
  );
  await daemon.ctl("set", "web", "tail_lines", "6", "--waiting");
  assert.equal(await daemon.onlyProcess("web"), pid);
  await daemon.ctl("set", "web", "tail_lines", "0", "--waiting");
  assert.match((await daemon.ctl("tail", "web")).stderr, /tail_lines = 0 keeps nothing/);
  await daemon.ctl("set", "web", "close_child_stdout", "True", "close_child_stderr", "True", "tail_lines", "5", "--waiting");
  assert.match((await daemon.ctl("tail", "web")).stderr, /goes nowhere, as close_child_stdout and close_child_stderr says/);
});

test("with tail_lines, what has no stream reaches circusd's own output byte for byte", async (t) => {
  const dir = await tempDir(t);
  const noise = Buffer.concat([randomBytes(300_000), Buffer.from("\nlast\n")]);
  await writeFile(dir.join("noise"), noise);
  await dir.write(
    "circus.ini",
    `[circus]\nendpoint = ipc://${dir.join("c")}\npubsub_endpoint = ipc://${dir.join("e")}\n[watcher:web]\ncmd = cat ${dir.join("noise")}\ncopy_env = True\nrespawn = False\ntail_lines = 5\n`,
  );
  const out = openSync(dir.join("out"), "w");
  const child = spawn(process.execPath, [repositoryPath("bin", "circusd.js"), "circus.ini"], {
    cwd: dir.path,
    stdio: ["ignore", out, "ignore"],
  });
  closeSync(out);
  const ended = once(child, "exit");
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  await fileWith(dir.join("out"), /last\n$/);
  assert.deepEqual(readFileSync(dir.join("out")), noise);
});
