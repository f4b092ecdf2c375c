import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import test from "node:test";
import type { StreamRecord } from "../../../src/os/streams/record-sink.js";
import { repositoryPath } from "../../helpers/root.js";
import { tempDir } from "../../helpers/temp.js";
import { bench, content, until } from "./streams-kit.js";

const CLASSES = repositoryPath("test", "fixtures", "stream-classes.cjs");

interface Cleanup {
  after(run: () => Promise<void>): void;
}

/** A pipe in the place of the daemon's standard output. */
async function pipeAsStdout(t: Cleanup): Promise<{ readonly writeFd: number; readonly readFd: number; readonly read: () => string }> {
  const dir = await tempDir(t);
  execFileSync("mkfifo", [dir.join("stdout")]);
  const readFd = fs.openSync(dir.join("stdout"), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const writeFd = fs.openSync(dir.join("stdout"), "w");
  let text = "";
  const buffer = Buffer.alloc(65_536);
  const read = (): string => {
    try {
      text += buffer.toString("latin1", 0, fs.readSync(readFd, buffer));
    } catch {
      // Nothing is there yet.
    }
    return text;
  };
  return { writeFd, readFd, read };
}

test("StdoutStream of two watchers shares the standard output line by line", async (t) => {
  const stdout = await pipeAsStdout(t);
  const { open, pipe } = await bench(t, stdout.writeFd);
  const first = pipe(await open("StdoutStream", {}, "a"), 1);
  fs.writeSync(first, "on");
  await until(() => stdout.read() === "on");
  const second = pipe(await open("circus.stream.StdoutStream", {}, "b"), 2);
  fs.writeSync(second, "eins\n");
  fs.writeSync(first, "e\n");
  fs.closeSync(first);
  fs.closeSync(second);
  await until(() => stdout.read() === "one\neins\n");
});

test("StdoutStream waits for a slow reader without losing anything", async (t) => {
  const stdout = await pipeAsStdout(t);
  const { open, run } = await bench(t, stdout.writeFd);
  const channel = await open("StdoutStream", {});
  const over = run(channel, "seq 200000");
  await until(() => stdout.read().endsWith("\n200000\n"));
  await over;
  assert.equal(channel.dropped, 0);
  assert.equal(stdout.read().split("\n").length, 200_001);
});

test("StdoutStream survives a reader that went away, and counts what it could not tell anybody", async (t) => {
  const stdout = await pipeAsStdout(t);
  const { open, run, log } = await bench(t, stdout.writeFd);
  const channel = await open("StdoutStream", {});
  fs.closeSync(stdout.readFd);
  await run(channel, "seq 3000000");
  await until(() => log.lines.some((line) => line.includes("(EPIPE)")) && channel.dropped > 0);
  await channel.close();
  assert.equal(channel.dropped, 22_888_896);
});

test("FancyStdoutStream colours and stamps each line that is not empty", async (t) => {
  const stdout = await pipeAsStdout(t);
  const { open, run } = await bench(t, stdout.writeFd);
  const channel = await open("FancyStdoutStream", { color: "green", time_format: "now" });
  await run(channel, "printf 'one\\n\\ntwo'");
  await channel.close();
  assert.equal(stdout.read(), "\x1b[0;32;40mnow [1000] | one\x1b[0m\n\x1b[0;32;40mnow [1000] | two\x1b[0m\n");
});

test("QueueStream hands records to whoever iterates", async (t) => {
  const { open, run, outputs } = await bench(t);
  const channel = await open("QueueStream", {});
  const queue = outputs.queue({ watcher: "web", stream: "stdout" });
  assert.ok(queue !== null);
  await run(channel, "echo one; echo two");
  await channel.close();
  const records: StreamRecord[] = [];
  for await (const record of queue) records.push(record);
  assert.equal(Buffer.concat(records.map(({ data }) => data)).toString(), "one\ntwo\n");
  assert.equal(records[0]?.pid, 1000);
  assert.equal(records[0].name, "stdout");
  assert.ok(records[0].timestamp > 1_700_000_000);
});

test("QueueStream drops the oldest records when nobody reads, and counts them", async (t) => {
  const { open, run, outputs } = await bench(t);
  const channel = await open("QueueStream", {});
  await run(channel, "head -c 20000000 /dev/zero");
  await until(() => channel.dropped > 0);
  await channel.close();
  assert.equal(channel.dropped + (outputs.queue({ watcher: "web", stream: "stdout" })?.size ?? 0), 20_000_000);
});

test("A user's own class is opened, written and closed", async (t) => {
  const { dir, open, run } = await bench(t);
  const channel = await open(`${CLASSES}:Collects`, { file: dir.join("out") });
  await run(channel, "echo one");
  await channel.close();
  assert.equal(content(dir.join("out")), "open\nstdout 1000 number one\nclose\n");
});

test("A user's class as default export of an ES module is loaded by its URL", async (t) => {
  const { dir, open, run } = await bench(t);
  const source = `import fs from "node:fs"; export default class { write({ data }) { fs.appendFileSync("${dir.join("out")}", data); } }`;
  const module = await dir.write("stream.mjs", source);
  const channel = await open(`file://${module}:default`, {});
  await run(channel, "echo one");
  await channel.close();
  assert.equal(content(dir.join("out")), "one\n");
});

test("A user's class that throws costs its records and is reported once", async (t) => {
  const { open, run, log } = await bench(t);
  const channel = await open(`${CLASSES}:Throws`, {});
  await run(channel, "echo one; sleep 0.02; echo two");
  await channel.close();
  assert.equal(channel.dropped, 8);
  assert.equal(log.lines.length, 1);
  assert.match(log.lines[0] ?? "", /Cannot write .*stream-classes.cjs:Throws" for stdout of watcher "web": no room at the inn/);
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  [`${CLASSES}:Missing`, /Cannot find stream class "Missing" in ".*": export it by that name/],
  [`${CLASSES}:HasNoWrite`, /it has no method write\(record\)/],
  [`${CLASSES}:notAClass`, /it is no class/],
  ["/nowhere/stream.js:Any", /Cannot load stream class "\/nowhere\/stream.js:Any": Cannot find module/],
  ["Nonsense", /Cannot open stdout of watcher "web": Cannot use stream class "Nonsense": use FileStream/],
];

for (const [className, message] of WRONG) {
  test(`Opening the class ${className.replace(/^.*\//, "")} says what is wrong with it`, async (t) => {
    const { outputs } = await bench(t);
    const opened = await outputs.open({ class: className, options: {} }, { watcher: "web", stream: "stdout" });
    assert.equal(opened.ok, false);
    if (!opened.ok) assert.match(opened.failure, message);
  });
}

test("Closing a channel reads what is still in the pipe of a worker that lives", async (t) => {
  const { dir, open, pipe } = await bench(t);
  const channel = await open("FileStream", { filename: dir.join("out.log") });
  const fd = pipe(channel, 1);
  fs.writeSync(fd, "one\ntw");
  await channel.close();
  fs.closeSync(fd);
  assert.equal(content(dir.join("out.log")), "one\ntw");
});
