/** Where the output of workers goes when a whole circusd leads it there. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import test, { type TestContext } from "node:test";
import { Daemon, isAlive } from "../helpers/daemon.js";
import { eventually, fileWith } from "../helpers/facts.js";
import { without } from "../helpers/partners.js";
import { repositoryPath } from "../helpers/root.js";
import { tempDir, type TempDir } from "../helpers/temp.js";

const PIECES = `/bin/sh ${repositoryPath("test", "fixtures", "writes-lines-in-pieces.sh")}`;
const LOGROTATE = "/usr/sbin/logrotate";

/** A watcher that waits to be started and whose processes are not started again. */
function once(name: string, cmd: string, ...more: readonly string[]): string {
  return [`[watcher:${name}]`, `cmd = ${cmd}`, "copy_env = True", "respawn = False", "autostart = False", ...more, ""].join("\n");
}

/** Starts a watcher and waits until its processes have ended by themselves and all that they said is written. */
async function runToEnd(daemon: Daemon, name: string): Promise<void> {
  await daemon.client.call("start", { name, waiting: true });
  await daemon.event(`watcher.${name}.stop`);
}

/** A watcher "web" whose one process says what the test tells it to say. */
async function puppet(t: TestContext, stream: (dir: TempDir) => readonly string[]) {
  const dir = await tempDir(t);
  const fifo = dir.join("fifo");
  execFileSync("mkfifo", [fifo]);
  const cmd = `/bin/sh ${repositoryPath("test", "fixtures", "repeats-a-fifo.sh")} ${fifo}`;
  const daemon = await Daemon.start(t, { dir, ini: [`[watcher:web]`, `cmd = ${cmd}`, ...stream(dir)].join("\n") });
  return { dir, daemon, say: (line: string) => appendFile(fifo, `${line}\n`) };
}

/** Says numbered lines until something has happened, and returns all that was said. */
async function sayUntil(say: (line: string) => Promise<void>, happened: () => boolean): Promise<string> {
  let said = "";
  let count = 0;
  await eventually(async () => {
    if (happened()) return true;
    await say(`line ${count}`);
    said += `line ${count}\n`;
    count += 1;
    return false;
  }, Boolean);
  return said;
}

function contentOf(...files: readonly string[]): string {
  return files.map((file) => readFileSync(file, "utf8")).join("");
}

/** Fails unless every worker's lines are all there, whole and in their order. */
function assertWhole(text: string, { workers, lines }: { readonly workers: number; readonly lines: number }): void {
  const found = text.split("\n");
  assert.equal(found.pop(), "", "the last line is whole");
  assert.equal(found.length, workers * lines);
  const counts = new Map<string, number>();
  for (const line of found) {
    const [, wid = "", count] = /^(\d+) (\d+) a line that comes in pieces$/.exec(line) ?? [];
    assert.equal(count, String(counts.get(wid) ?? 0), line);
    counts.set(wid, Number(count) + 1);
  }
  assert.equal(counts.size, workers);
}

test("the bytes of a worker reach its file unchanged, the last ones without a line's end too", async (t) => {
  const dir = await tempDir(t);
  const bytes = randomBytes(300_000);
  await dir.write("data.bin", bytes);
  const daemon = await Daemon.start(t, { dir, ini: once("web", "cat data.bin", "stdout_stream.filename = out.bin") });
  await runToEnd(daemon, "web");
  assert.ok(readFileSync(dir.join("out.bin")).equals(bytes));
});

test("ten workers share one file, and no line is torn or lost, over rotations neither", async (t) => {
  const dir = await tempDir(t);
  const daemon = await Daemon.start(t, {
    dir,
    ini: [
      once("plain", `${PIECES} $(circus.wid) 100`, "numprocesses = 10", "stdout_stream.filename = plain.log"),
      once(
        "rotated",
        `${PIECES} $(circus.wid) 100`,
        "numprocesses = 10",
        "stdout_stream.class = FileStream",
        "stdout_stream.filename = rotated.log",
        "stdout_stream.max_bytes = 10000",
        "stdout_stream.backup_count = 100",
      ),
    ].join("\n"),
  });
  await Promise.all([runToEnd(daemon, "plain"), runToEnd(daemon, "rotated")]);
  assertWhole(contentOf(dir.join("plain.log")), { workers: 10, lines: 100 });
  const backups = readdirSync(dir.path).filter((name) => name.startsWith("rotated.log."));
  assert.ok(backups.length >= 3, backups.join(", "));
  const files = Array.from(backups, (_, index) => dir.join(`rotated.log.${backups.length - index}`));
  for (const file of files) {
    const text = contentOf(file);
    assert.ok(text.endsWith("\n") && text.length <= 10_000, `${file} has ${text.length} bytes`);
  }
  assertWhole(contentOf(...files, dir.join("rotated.log")), { workers: 10, lines: 100 });
});

test("time_format stamps every line, and stdout and stderr go to files of their own", async (t) => {
  const daemon = await Daemon.start(t, {
    files: { "says.sh": "printf 'one\\ntwo\\n'; printf 'oops\\n' >&2; printf 'three\\nlast'\n" },
    ini: once(
      "web",
      "sh says.sh",
      "stdout_stream.class = FileStream",
      "stdout_stream.filename = out.log",
      "stdout_stream.time_format = %Y-%m-%d %H:%M:%S",
      "stderr_stream.class = circus.stream.FileStream",
      "stderr_stream.filename = err.log",
    ),
  });
  await runToEnd(daemon, "web");
  const spawned = await daemon.event("watcher.web.spawn");
  assert.ok(spawned.event === "spawn");
  const stamped = contentOf(daemon.dir.join("out.log")).split("\n");
  assert.equal(stamped.pop(), "");
  assert.deepEqual(
    stamped.map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /, "")),
    ["one", "two", "three", "last"].map((word) => `[${spawned.payload.process_pid}] | ${word}`),
  );
  assert.equal(contentOf(daemon.dir.join("err.log")), "oops\n");
});

test("a file that something else has moved is opened anew, and nothing is lost", async (t) => {
  const { dir, say } = await puppet(t, (here) => [
    "stdout_stream.class = WatchedFileStream",
    `stdout_stream.filename = ${here.join("web.log")}`,
  ]);
  await say("first");
  await fileWith(dir.join("web.log"), /first/);
  if (without(LOGROTATE, "--version") === false) {
    const conf = await dir.write("logrotate.conf", `"${dir.join("web.log")}" {\n  rotate 3\n  nocreate\n}\n`);
    execFileSync(LOGROTATE, ["--force", "--state", dir.join("state"), conf]);
  } else renameSync(dir.join("web.log"), dir.join("web.log.1"));
  const said = await sayUntil(say, () => existsSync(dir.join("web.log")));
  await eventually(
    () => contentOf(dir.join("web.log.1"), dir.join("web.log")),
    (text) => text === `first\n${said}`,
  );
});

test("after SIGUSR2 the next output goes to the file that the path leads to", async (t) => {
  const { dir, daemon, say } = await puppet(t, (here) => [`stdout_stream.filename = ${here.join("web.log")}`]);
  await say("first");
  await fileWith(dir.join("web.log"), /first/);
  renameSync(dir.join("web.log"), dir.join("moved.log"));
  daemon.process.kill("SIGUSR2");
  await daemon.logged(/Got signal SIG_USR2/);
  await say("second");
  assert.equal(await fileWith(dir.join("web.log"), /second/), "second\n");
  assert.equal(contentOf(dir.join("moved.log")), "first\n");
});

test("TimedRotatingFileStream begins a new file every second, and nothing is lost", async (t) => {
  const { dir, say } = await puppet(t, (here) => [
    "stdout_stream.class = TimedRotatingFileStream",
    `stdout_stream.filename = ${here.join("web.log")}`,
    "stdout_stream.rotate_when = s",
    "stdout_stream.rotate_interval = 1",
  ]);
  const older = () => readdirSync(dir.path).filter((name) => /^web\.log\.\d{14}$/.test(name));
  const said = await sayUntil(say, () => older().length > 0);
  await eventually(
    () => [...older().sort(), "web.log"].map((name) => contentOf(dir.join(name))).join(""),
    (text) => text === said,
  );
});

test("set switches the stream of a process that runs on", async (t) => {
  const { dir, daemon, say } = await puppet(t, (here) => [`stdout_stream.filename = ${here.join("a.log")}`]);
  const before = await daemon.processes("web", 1);
  await say("for a");
  await fileWith(dir.join("a.log"), /for a/);
  const { code, stderr } = await daemon.ctl("set", "web", "stdout_stream.filename", dir.join("b.log"));
  assert.equal(code, 0, stderr);
  await eventually(() => existsSync(dir.join("b.log")), Boolean);
  await say("for b");
  assert.equal(await fileWith(dir.join("b.log"), /for b/), "for b\n");
  assert.equal(contentOf(dir.join("a.log")), "for a\n");
  assert.deepEqual(await daemon.pids("web"), before);
});

test("a switch to a stream that cannot be opened changes nothing, and the next reloadconfig tries it again", async (t) => {
  const { dir, daemon, say } = await puppet(t, (here) => [`stdout_stream.filename = ${here.join("a.log")}`]);
  const before = await daemon.processes("web", 1);
  const refused = await daemon.ctl("set", "web", "stdout_stream.filename", dir.join("missing", "b.log"), "--waiting");
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /Cannot open ".*b\.log" for stdout of watcher "web": no such directory ".*missing"/);
  const { stdout } = await daemon.ctl("get", "web", "stdout_stream");
  assert.match(stdout, /a\.log/);
  const ini = contentOf(dir.join("circus.ini"));
  await dir.write("circus.ini", ini.replace("a.log", "missing/c.log"));
  await daemon.client.call("reloadconfig", { waiting: true });
  await daemon.logged(/Cannot open ".*c\.log"/);
  await say("for a");
  await fileWith(dir.join("a.log"), /for a/);
  mkdirSync(dir.join("missing"));
  await daemon.client.call("reloadconfig", { waiting: true });
  await say("for c");
  assert.equal(await fileWith(dir.join("missing", "c.log"), /for c/), "for c\n");
  assert.deepEqual(await daemon.pids("web"), before);
});

test("StdoutStream, FancyStdoutStream and no stream at all lead to circusd's own standard output", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: [
      once("plain", "echo as it came", "stdout_stream.class = StdoutStream"),
      once("fancy", "echo in colours", "stdout_stream.class = FancyStdoutStream", "stdout_stream.color = green"),
      once("inherits", "echo directly"),
    ].join("\n"),
  });
  let stdout = "";
  daemon.process.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  for (const name of ["plain", "fancy", "inherits"]) await runToEnd(daemon, name);
  const [plain = "", fancy = "", inherits = ""] = await eventually(
    () => stdout.split("\n"),
    (lines) => lines.length === 4,
  );
  assert.deepEqual([plain, inherits], ["as it came", "directly"]);
  assert.match(fancy, /^\x1b\[0;32;40m\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[\d+\] \| in colours\x1b\[0m$/);
});

test("a user's own class gets the records, with its options, and is closed at the end", async (t) => {
  const source = `
    import { appendFileSync } from "node:fs";
    export class MyStream {
      constructor(options) { this.options = options; }
      write({ data, pid, name }) { appendFileSync(this.options.file, [this.options.mark, name, typeof pid, data].join(" ")); }
      close() { appendFileSync(this.options.file, "closed\\n"); }
    }`;
  const daemon = await Daemon.start(t, {
    files: { "mystream.js": source },
    ini: once(
      "web",
      "echo good day",
      "stdout_stream.class = ./mystream.js:MyStream",
      "stdout_stream.file = mine.log",
      "stdout_stream.mark = >",
    ),
  });
  await runToEnd(daemon, "web");
  assert.equal(contentOf(daemon.dir.join("mine.log")), "> stdout number good day\nclosed\n");
});

test("a stream that cannot be opened keeps its watcher down, says why, and harms no other", async (t) => {
  const daemon = await Daemon.start(t, {
    ini: "[watcher:bad]\ncmd = sleep 3600\nstdout_stream.filename = missing/out.log\n[watcher:web]\ncmd = sleep 3600",
  });
  await daemon.logged(/Cannot open ".*missing\/out\.log" for stdout of watcher "bad": no such directory ".*missing"/);
  assert.equal(await daemon.status("bad"), "stopped");
  assert.deepEqual(await daemon.pids("bad"), []);
  const web = await daemon.onlyProcess("web");
  assert.ok(isAlive(web));
});
