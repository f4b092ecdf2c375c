import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CircusClient } from "../../../src/client/call.js";
import { openZmq } from "../../../src/wire/zmq/transport.js";
import { Daemon } from "../../helpers/daemon.js";
import { tempDir, type TempDir } from "../../helpers/temp.js";

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as `bin/circusd.js` starts it, but from the build that this test belongs to. */
async function launcher(dir: TempDir): Promise<string> {
  const main = new URL("../../../src/main/circusd.js", import.meta.url).href;
  return dir.write("circusd.mjs", `import { circusd } from ${JSON.stringify(main)};\nawait circusd(process.argv.slice(2));\n`);
}

async function circusd(dir: TempDir, ...args: string[]): Promise<Ended> {
  return ended(spawn(process.execPath, [await launcher(dir), ...args], { stdio: ["ignore", "pipe", "pipe"] }));
}

async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const closing: readonly unknown[] = await once(child, "close");
  const [code] = closing;
  return { code: typeof code === "number" ? code : null, stdout, stderr };
}

/** Waits for something that no event tells. */
async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await sleep(10);
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function content(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** A watcher whose process writes its pid to `worker` and then lives on; `trap` is what it does at first. */
function configuration(dir: TempDir, more: { readonly arbiter?: string; readonly watcher?: string; readonly trap?: string } = {}): string {
  return `[circus]
endpoint = ipc://${dir.join("control")}
pubsub_endpoint = ipc://${dir.join("events")}
multicast_endpoint =
${more.arbiter ?? ""}

[watcher:worker]
cmd = /bin/sh -c "${more.trap ?? ""}echo $$ > ${dir.join("worker")}; while :; do /bin/sleep 3600; done"
${more.watcher ?? ""}
`;
}

/** The worker's pid, once it has said it. */
async function workerOf(dir: TempDir): Promise<number> {
  await until(() => content(dir.join("worker")).endsWith("\n"));
  const pid = Number(content(dir.join("worker")));
  assert.ok(pid > 1, content(dir.join("worker")));
  return pid;
}

/** A daemon in the foreground whose worker runs; it is stopped, whatever becomes of the test. */
async function foreground(dir: TempDir, ...args: string[]) {
  const child = spawn(process.execPath, [await launcher(dir), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const end = ended(child);
  const early = end.then((how) => assert.fail(`circusd ended early: ${JSON.stringify(how)} ${content(dir.join("log"))}`));
  return {
    pid: child.pid ?? 0,
    end,
    worker: await Promise.race([workerOf(dir), early]),
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      early.catch(() => undefined);
      for (let times = 0; times < 3; times += 1) child.kill("SIGTERM");
      await end;
    },
  };
}

test("circusd --version prints nothing but the version", async (t) => {
  const { code, stdout, stderr } = await circusd(await tempDir(t), "--version");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/);
});

test("circusd without a configuration prints its usage and exits with 0", async (t) => {
  const { code, stdout, stderr } = await circusd(await tempDir(t));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^usage: circusd \[-h\]/);
});

test("circusd with a wrong log level prints usage and error and exits with 2", async (t) => {
  const { code, stdout, stderr } = await circusd(await tempDir(t), "--log-level", "bogus", "x.ini");
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^usage: circusd [^]*\ncircusd: error: argument --log-level: invalid choice: 'bogus'/);
});

test("circusd with a configuration that does not exist names it and exits with 1, without a stack", async (t) => {
  const dir = await tempDir(t);
  for (const args of [[dir.join("absent.ini")], ["--check", dir.join("absent.ini")], ["--daemon", dir.join("absent.ini")]]) {
    const { code, stdout, stderr } = await circusd(dir, ...args);
    assert.equal(code, 1, args.join(" "));
    assert.ok((stdout + stderr).includes(dir.join("absent.ini")), stdout + stderr);
    assert.doesNotMatch(stdout + stderr, /^\s+at /m);
  }
});

test("circusd --check of a good configuration says so and exits with 0, also with warnings", async (t) => {
  const dir = await tempDir(t);
  const good = await circusd(dir, "--check", await dir.write("good.ini", configuration(dir)));
  assert.deepEqual([good.code, good.stdout], [0, `${dir.join("good.ini")}: ok, 1 watcher, 0 sockets, 0 plugins; no faults\n`]);
  assert.equal(existsSync(dir.join("control")), false);
  const warned = await circusd(dir, "--check", await dir.write("warned.ini", configuration(dir, { arbiter: "pidfil = x" })));
  assert.equal(warned.code, 0, warned.stdout);
  assert.match(warned.stdout, /warned\.ini:5: warning: .*pidfil.*\n.*1 warning\n$/);
});

test("circusd --check of a bad configuration prints every error with file and line and exits with 1", async (t) => {
  const dir = await tempDir(t);
  const file = await dir.write("bad.ini", configuration(dir, { arbiter: "check_delay = often", watcher: "numprocesses = many" }));
  const { code, stdout, stderr } = await circusd(dir, "--check", file);
  assert.deepEqual([code, stderr], [1, ""]);
  assert.match(stdout, /bad\.ini:5: error: /);
  assert.match(stdout, /bad\.ini:9: error: /);
  assert.match(stdout, /bad\.ini: 2 errors, 0 warnings\n$/);
});

test("circusd refuses to start with an error in the configuration and prints all of them", async (t) => {
  const dir = await tempDir(t);
  const file = await dir.write("bad.ini", configuration(dir, { arbiter: "check_delay = often", watcher: "numprocesses = many" }));
  for (const args of [[file], ["--daemon", file]]) {
    const { code, stdout, stderr } = await circusd(dir, ...args);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /bad\.ini:5: error: [^]*bad\.ini:9: error: [^]*2 errors in the configuration\n$/);
  }
  assert.equal(existsSync(dir.join("worker")), false);
});

test("circusd with a log or a pid file that cannot be opened exits with 1 and says which", async (t) => {
  const dir = await tempDir(t);
  const file = await dir.write("circus.ini", configuration(dir));
  const absent = dir.join("absent", "file");
  for (const option of ["--log-output", "--pidfile"]) {
    const { code, stderr } = await circusd(dir, option, absent, file);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^circusd: Cannot .*"${absent}"`));
  }
});

test("circusd keeps a pid file while it runs, stops its workers at SIGTERM and exits with 0", async (t) => {
  const dir = await tempDir(t);
  const file = await dir.write("circus.ini", configuration(dir, { arbiter: `pidfile = ${dir.join("pid")}\nloglevel = error` }));
  await using daemon = await foreground(dir, "--log-level", "info", "--log-output", dir.join("log"), file);
  const { worker } = daemon;
  assert.equal(content(dir.join("pid")), `${daemon.pid}\n`);
  daemon.signal("SIGTERM");
  assert.deepEqual(await daemon.end, { code: 0, stdout: "", stderr: "" });
  assert.equal(alive(worker), false);
  assert.equal(existsSync(dir.join("pid")), false);
  assert.match(
    content(dir.join("log")),
    new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d circus\\[${daemon.pid}\\] \\[INFO\\] Got signal SIG_TERM$`, "m"),
  );
});

test("a second circusd is refused on the same endpoint and on the same pid file", async (t) => {
  const dir = await tempDir(t);
  const file = await dir.write("circus.ini", configuration(dir));
  await using daemon = await foreground(dir, "--pidfile", dir.join("pid"), file);
  const endpoint = await circusd(dir, "--pidfile", dir.join("second"), file);
  assert.equal(endpoint.code, 1);
  assert.ok(endpoint.stderr.includes(dir.join("control")) || endpoint.stderr.includes(dir.join("events")), endpoint.stderr);
  assert.equal(existsSync(dir.join("second")), false);
  const pidfile = await circusd(dir, "--pidfile", dir.join("pid"), file);
  assert.equal(pidfile.code, 1);
  assert.match(pidfile.stderr, new RegExp(`process ${daemon.pid} of pid file`));
  assert.equal(content(dir.join("pid")), `${daemon.pid}\n`);
});

test("signals that mean nothing are survived, and SIGUSR1 opens no debugger", async (t) => {
  const dir = await tempDir(t);
  await using daemon = await foreground(dir, await dir.write("circus.ini", configuration(dir)), "--log-output", dir.join("log"));
  const { worker } = daemon;
  renameSync(dir.join("log"), dir.join("log.1"));
  for (const signal of ["SIGUSR1", "SIGWINCH", "SIGUSR2"] as const) {
    daemon.signal(signal);
    await until(() => content(dir.join("log")).includes(`Got signal ${signal.replace("SIG", "SIG_")}`));
  }
  assert.equal(alive(worker), true);
  daemon.signal("SIGINT");
  assert.deepEqual(await daemon.end, { code: 0, stdout: "", stderr: "" });
});

test("the third signal kills what would not stop and exits with 3", async (t) => {
  const dir = await tempDir(t);
  const text = configuration(dir, { trap: "trap '' TERM; ", watcher: "graceful_timeout = 600" });
  await using daemon = await foreground(
    dir,
    await dir.write("circus.ini", text),
    "--log-output",
    dir.join("log"),
    "--pidfile",
    dir.join("pid"),
  );
  const { worker } = daemon;
  for (const times of [1, 2, 3]) {
    daemon.signal("SIGTERM");
    await until(() => content(dir.join("log")).split("Got signal SIG_TERM").length > times);
  }
  assert.equal((await daemon.end).code, 3);
  await until(() => !alive(worker));
  assert.equal(existsSync(dir.join("pid")), false);
});

test("SIGTERM is heard while watchers are still being started", async (t) => {
  const dir = await tempDir(t);
  const slow = "\n[watcher:later]\ncmd = /bin/sleep 3600\npriority = -1\n";
  const file = await dir.write("circus.ini", configuration(dir, { arbiter: "warmup_delay = 3600" }) + slow);
  await using daemon = await foreground(dir, file, "--log-output", dir.join("log"));
  daemon.signal("SIGTERM");
  assert.equal((await daemon.end).code, 0);
  assert.equal(alive(daemon.worker), false);
});

test("circusd --daemon returns when its workers run, and the daemon outlives it in a session of its own", async (t) => {
  const dir = await tempDir(t);
  const file = await dir.write("circus.ini", configuration(dir, { watcher: "copy_env = True" }));
  const started = await circusd(dir, "--daemon", "--pidfile", dir.join("pid"), "--log-output", dir.join("log"), file);
  const pid = Number(content(dir.join("pid")));
  assert.ok(pid > 1, started.stderr + content(dir.join("log")));
  try {
    assert.deepEqual(started, { code: 0, stdout: "", stderr: "" });
    const worker = await workerOf(dir);
    assert.ok(alive(pid) && alive(worker));
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    assert.equal(Number(session), pid);
    assert.doesNotMatch(readFileSync(`/proc/${worker}/environ`, "utf8"), /CIRCUSD_DETACHED|NODE_CHANNEL/);
    const refused = await circusd(dir, "--daemon", "--log-output", dir.join("other"), file);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^circusd: .+\n$/);
    assert.notEqual(content(dir.join("other")), "");
  } finally {
    process.kill(pid, "SIGTERM");
    await until(() => !alive(pid));
  }
  assert.equal(alive(Number(content(dir.join("worker")))), false);
  assert.equal(existsSync(dir.join("pid")), false);
});

test("what a logging configuration has beyond us is a warning in the log", async (t) => {
  const dir = await tempDir(t);
  const logging = {
    handlers: { mail: { class: "logging.handlers.SMTPHandler" }, file: { class: "FileHandler", filename: dir.join("log") } },
  };
  writeFileSync(dir.join("log.json"), JSON.stringify({ ...logging, root: { level: "INFO", handlers: ["mail", "file"] } }));
  const file = await dir.write("circus.ini", configuration(dir, { arbiter: `loggerconfig = ${dir.join("log.json")}` }));
  const checked = await circusd(dir, "--check", file);
  assert.equal(checked.code, 0);
  assert.match(checked.stdout, /^warning: Logger configuration ".*SMTPHandler/m);
  await using daemon = await foreground(dir, file);
  daemon.signal("SIGQUIT");
  assert.equal((await daemon.end).code, 0);
  assert.match(content(dir.join("log")), /SMTPHandler[^]*Got signal SIG_QUIT/);
});

test("circusd --check ends although a module of a hook holds something open, and a start is refused for what it finds", async (t) => {
  const dir = await tempDir(t);
  await dir.write("hook.mjs", "setInterval(() => undefined, 1000);\nexport function go() {}\n");
  const good = await dir.write("good.ini", configuration(dir, { watcher: "hooks.before_start = ./hook.mjs:go" }));
  assert.equal((await circusd(dir, "--check", good)).code, 0);
  const bad = await dir.write("bad.ini", configuration(dir, { watcher: "hooks.before_start = ./hook.mjs:absent" }));
  for (const args of [["--check", bad], [bad]]) {
    const { code, stdout, stderr } = await circusd(dir, ...args);
    assert.equal(code, 1);
    assert.match(stdout + stderr, /bad\.ini:9: error: \[watcher:worker\]: Cannot load hook .*it has no export "absent"/);
  }
  assert.equal(existsSync(dir.join("worker")), false);
});

test("a question that waits for circusd to come up is answered as any other", async (t) => {
  const dir = await tempDir(t);
  await using client = new CircusClient({ transport: await openZmq(), endpoint: `ipc://${dir.join("control.sock")}`, timeout: 20 });
  const answers = Promise.all(["globaloptions", "list", "listsockets", "dstats"].map((command) => client.send(command, {})));
  await Daemon.start(t, { dir, ini: "[watcher:web]\ncmd = sleep 3600" });
  for (const { text, reply } of await answers) assert.equal(reply.status, "ok", text);
});
