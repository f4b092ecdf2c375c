import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { openLog, type SystemLog } from "../../../src/os/log.js";
import { SEVERITY, setupFor, type LogTarget } from "../../../src/os/log/setup.js";
import { tempDir } from "../../helpers/temp.js";

function opened(target: LogTarget, level = SEVERITY.info): SystemLog {
  const log = openLog({ level, handlers: [{ target, threshold: 0, format: "%(levelname)s %(message)s", dateFormat: null }] });
  assert.ok(log.ok, log.ok ? "" : log.failure);
  return log.value;
}

function fileTarget(path: string, more: { maxBytes?: number; backupCount?: number; truncate?: boolean } = {}): LogTarget {
  return { kind: "file", path, maxBytes: 0, backupCount: 0, truncate: false, ...more };
}

test("the log writes what reaches its level, and each handler what reaches its own", async () => {
  await using folder = await tempDir();
  const [all, grave] = [join(folder.path, "all.log"), join(folder.path, "grave.log")];
  const handler = { format: "%(levelname)s %(message)s", dateFormat: null };
  const log = openLog({
    level: SEVERITY.info,
    handlers: [
      { target: fileTarget(all), threshold: 0, ...handler },
      { target: fileTarget(grave), threshold: SEVERITY.error, ...handler },
    ],
  });
  assert.ok(log.ok);
  log.value.debug("a");
  log.value.info("b");
  log.value.warning("c");
  log.value.error("d");
  log.value.critical("e");
  await log.value.close();
  assert.equal(readFileSync(all, "utf8"), "INFO b\nWARNING c\nERROR d\nCRITICAL e\n");
  assert.equal(readFileSync(grave, "utf8"), "ERROR d\nCRITICAL e\n");
});

test("a log file that was moved or removed is opened anew at its path", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circus.log");
  const log = opened(fileTarget(path));
  log.info("one");
  renameSync(path, `${path}.old`);
  log.info("two");
  rmSync(path);
  log.info("three");
  log.reopen();
  log.info("four");
  await log.close();
  assert.equal(readFileSync(`${path}.old`, "utf8"), "INFO one\n");
  assert.equal(readFileSync(path, "utf8"), "INFO three\nINFO four\n");
});

test("a log file whose directory vanished loses lines, tells how many, and throws nothing", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "logs", "circus.log");
  mkdirSync(join(folder.path, "logs"));
  const log = opened(fileTarget(path));
  rmSync(join(folder.path, "logs"), { recursive: true });
  log.info("lost");
  log.info("lost too");
  mkdirSync(join(folder.path, "logs"));
  log.info("back");
  await log.close();
  assert.equal(readFileSync(path, "utf8"), `(2 log lines lost: "${path}" could not be written)\nINFO back\n`);
});

test("a full disk costs lines of the log and nothing else", { skip: existsSync("/dev/full") ? false : "no /dev/full here" }, async () => {
  const log = opened(fileTarget("/dev/full"));
  log.info("does not fit");
  await log.close();
});

test("a log file rotates before a line that would pass its size", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circus.log");
  const log = opened(fileTarget(path, { maxBytes: 20, backupCount: 2 }));
  for (const word of ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"]) log.info(word);
  await log.close();
  assert.equal(readFileSync(path, "utf8"), "INFO seventh\n");
  assert.equal(readFileSync(`${path}.1`, "utf8"), "INFO sixth\n");
  assert.equal(existsSync(`${path}.3`), false);
});

test("a log file is appended to, or emptied where that was asked for", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "circus.log");
  writeFileSync(path, "old\n");
  await opened(fileTarget(path)).close();
  assert.equal(readFileSync(path, "utf8"), "old\n");
  await opened(fileTarget(path, { truncate: true })).close();
  assert.equal(readFileSync(path, "utf8"), "");
});

test("a target that cannot be opened fails with its name", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "absent", "circus.log");
  for (const output of [path, `syslog://${path}`]) {
    const setup = setupFor("info", output);
    assert.ok(setup.ok);
    const log = openLog(setup.value);
    assert.ok(!log.ok && log.failure.includes(`"${path}"`), log.ok ? "opened" : log.failure);
  }
});

const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(s.recv(65536).decode(), flush=True)
`;

test("lines reach a unix datagram socket with their priority, also after the receiver was restarted", async (t) => {
  await using folder = await tempDir();
  const path = join(folder.path, "log");
  let log: SystemLog | null = null;
  for (const round of ["one", "two"]) {
    const receiver = spawn("python3", ["-c", RECEIVER, path], { stdio: ["ignore", "pipe", "inherit"] });
    if (receiver.pid === undefined) {
      await once(receiver, "error");
      return t.skip("python3 is not installed: nothing here can receive a unix datagram");
    }
    let heard = "";
    const hears = async (text: string): Promise<void> => {
      while (!heard.includes(text)) heard += String((await once(receiver.stdout, "data"))[0]);
    };
    try {
      await hears("bound\n");
      log ??= opened({ kind: "syslog", address: { path }, facility: 3 }, SEVERITY.debug);
      log.debug(round);
      log.info(round);
      log.warning(round);
      log.error(round);
      log.critical(`${round} ü`);
      await hears(`<26>CRITICAL ${round} ü\n`);
      assert.equal(
        heard,
        `bound\n<31>DEBUG ${round}\n<30>INFO ${round}\n<28>WARNING ${round}\n<27>ERROR ${round}\n<26>CRITICAL ${round} ü\n`,
      );
    } finally {
      receiver.kill("SIGKILL");
      await once(receiver, "exit");
      rmSync(path, { force: true });
    }
    log.error("nobody listens, which does no harm");
  }
  await log?.close();
});

test("lines reach a host over UDP", async () => {
  const receiver = createSocket("udp4");
  receiver.bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const log = opened({ kind: "syslog", address: { host: "127.0.0.1", port: receiver.address().port }, facility: 1 });
  const packet = once(receiver, "message");
  log.info("hello");
  assert.equal(String((await packet)[0]), "<14>INFO hello");
  await log.close();
  receiver.close();
});

test("the log on standard error and others who write to the same file do not overwrite each other", async () => {
  await using folder = await tempDir();
  const url = new URL("../../../src/os/log.js", import.meta.url).href;
  const program = `
    import { execFileSync } from "node:child_process";
    import { openLog } from ${JSON.stringify(url)};
    const handlers = [{ target: { kind: "stream", fd: 2 }, threshold: 0, format: "%(message)s", dateFormat: null }];
    const log = openLog({ level: 0, handlers }).value;
    log.info("before");
    execFileSync("sh", ["-c", "echo worker >&2"], { stdio: ["ignore", "ignore", "inherit"] });
    log.info("after");
  `;
  const file = openSync(folder.join("err"), "w");
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "ignore", file] });
  closeSync(file);
  await once(child, "exit");
  assert.equal(readFileSync(folder.join("err"), "utf8"), "before\nworker\nafter\n");
});

const FLOOD = `
  const { openLog } = await import(process.argv[1]);
  const handlers = [{ target: { kind: "stream", fd: 2 }, threshold: 0, format: "%(message)s", dateFormat: null }];
  const log = openLog({ level: 0, handlers });
  for (let line = 0; line < 5000; line += 1) log.value.info(String(line).padStart(99, "0"));
  process.stdout.write("still here\\n");
  process.stdin.once("data", () => { void log.value.close().then(() => process.exit(0)); });
`;

for (const [kind, wrap] of [
  ["socket", (command: readonly string[]) => command],
  /* Node makes sockets where it says pipe; a shell makes real pipes. */
  [
    "pipe",
    (command: readonly string[]) => ["sh", "-c", 'exec 3>&2; { "$@" 2>&1 >&5 | { read go <&4; cat >&3; }; } 5>&1', "sh", ...command],
  ],
] as const) {
  test(`a reader of standard error who stopped reading, at the end of a ${kind}, does not block the program`, async () => {
    const [program = "", ...args] = wrap([
      process.execPath,
      "--input-type=module",
      "-e",
      FLOOD,
      new URL("../../../src/os/log.js", import.meta.url).href,
    ]);
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe", "ignore", "pipe"] });
    assert.ok(child.stdin !== null && child.stdout !== null && child.stderr !== null);
    let text = "";
    child.stderr.pause();
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    assert.equal(String((await once(child.stdout, "data"))[0]), "still here\n");
    child.stderr.resume();
    const gate = child.stdio[4];
    assert.ok(gate instanceof Socket);
    /* Without the shell nobody waits at the gate. */
    gate.on("error", () => undefined);
    gate.end("go\n");
    child.stdin.write("\n");
    await once(child, "close");
    const lines = text.trimEnd().split("\n");
    assert.match(lines.at(-1) ?? "", /^\(\d+ log lines lost: nobody read this stream\)$/);
    const kept = lines.slice(0, -1);
    assert.ok(
      kept.every((line, index) => Number(line) === index),
      "whole lines in order",
    );
  });
}
