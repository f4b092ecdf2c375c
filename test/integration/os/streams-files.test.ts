import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { smallDisk } from "../../helpers/small-disk.js";
import { bench, content, family, until } from "./streams-kit.js";

test("FileStream passes binary output through unchanged", async (t) => {
  const { dir, open, run } = await bench(t);
  const channel = await open("FileStream", { filename: dir.join("out.log") });
  await run(channel, `head -c 3000000 /dev/urandom | tee ${dir.join("sent")}`);
  await channel.close();
  const sum = (file: string): string => createHash("sha256").update(fs.readFileSync(file)).digest("hex");
  assert.equal(sum(dir.join("out.log")), sum(dir.join("sent")));
});

test("Twenty workers that share a file never tear a line", async (t) => {
  const { dir, open, run } = await bench(t);
  const file = dir.join("out.log");
  const channel = await open("FileStream", { filename: file });
  const script = (id: number): string => `awk 'BEGIN { for (i = 0; i < 3000; i++) print "<${id} " i " ${"x".repeat(id * 30)}>" }'`;
  await Promise.all(Array.from({ length: 20 }, (_, id) => run(channel, script(id))));
  await channel.close();
  const lines = content(file).split("\n");
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, 20 * 3000);
  const next = new Map<string, number>();
  for (const line of lines) {
    const [, id = "", number = "", rest = ""] = /^<(\d+) (\d+) (x*)>$/.exec(line) ?? [];
    assert.equal(rest.length, Number(id) * 30, line);
    assert.equal(Number(number), next.get(id) ?? 0, line);
    next.set(id, Number(number) + 1);
  }
});

test("stdout and stderr that name the same file share it line by line", async (t) => {
  const { dir, open, pipe } = await bench(t);
  const options = { filename: dir.join("out.log"), max_bytes: 1000, backup_count: 9 };
  const [out, err] = [await open("FileStream", options), await open("FileStream", options)];
  const [first, second] = [pipe(out, 1), pipe(err, 2)];
  fs.writeSync(first, "be");
  fs.writeSync(second, "error\n");
  fs.writeSync(first, "gun\n");
  fs.closeSync(first);
  fs.closeSync(second);
  await until(() => content(dir.join("out.log")).length === 12);
  assert.deepEqual(content(dir.join("out.log")).split("\n").sort(), ["", "begun", "error"]);
});

test("Rotation by size under load loses nothing, cuts no line and keeps as many files as it should", async (t) => {
  const { dir, open, run } = await bench(t);
  const file = dir.join("out.log");
  const channel = await open("FileStream", { filename: file, max_bytes: "50000", backup_count: "1000" });
  await Promise.all([0, 1, 2].map((id) => run(channel, `awk 'BEGIN { for (i = 0; i < 10000; i++) print "${id} " i " end" }'`)));
  await channel.close();
  const files = family(file);
  const texts = files.map((name) => content(dir.join(name)));
  const lines = texts.join("").split("\n");
  assert.equal(lines.length, 30_001);
  for (const id of [0, 1, 2]) {
    const numbers = lines.filter((line) => line.startsWith(`${id} `)).map((line) => Number(line.split(" ")[1]));
    assert.deepEqual(
      numbers,
      Array.from({ length: 10_000 }, (_, index) => index),
    );
  }
  for (const text of texts) assert.ok(text.length < 50_000 && text.endsWith(" end\n"));
  assert.equal(files.length, Math.ceil(texts.join("").length / 49_999));
});

test("Rotation by size keeps backup_count files, and with none starts the file over", async (t) => {
  const { dir, open, run } = await bench(t);
  const kept = await open("FileStream", { filename: dir.join("kept.log"), max_bytes: 10_000, backup_count: 2 });
  const over = await open("FileStream", { filename: dir.join("over.log"), max_bytes: 10_000 });
  for (const channel of [kept, over]) {
    await run(channel, "seq 100000 120000");
    await channel.close();
  }
  assert.deepEqual(family(dir.join("kept.log")), ["kept.log.2", "kept.log.1", "kept.log"]);
  assert.deepEqual(family(dir.join("over.log")), ["over.log"]);
  for (const name of ["kept.log", "over.log"]) assert.match(content(dir.join(name)), /^(1\d{5}\n)+120000\n$/);
});

test("TimedRotatingFileStream rolls over what an earlier day left behind", async (t) => {
  const { dir, open, run } = await bench(t);
  const file = await dir.write("out.log", "old\n");
  for (const day of ["01", "02", "03"]) await dir.write(`out.log.202001${day}`, "");
  fs.utimesSync(file, new Date(2020, 0, 5, 12), new Date(2020, 0, 5, 12));
  const channel = await open("TimedRotatingFileStream", { filename: file, rotate_when: "midnight", backup_count: "2" });
  await run(channel, "echo new");
  await channel.close();
  assert.deepEqual(family(file), ["out.log.20200105", "out.log.20200103", "out.log"]);
  assert.equal(content(dir.join("out.log.20200105")), "old\n");
  assert.equal(content(file), "new\n");
});

test("time_format stamps every line in Circus's layout", async (t) => {
  const { dir, open, run } = await bench(t);
  const channel = await open("WatchedFileStream", { filename: dir.join("out.log"), time_format: "%Y!" });
  await run(channel, "printf 'one\\n\\ntwo'");
  await channel.close();
  assert.match(content(dir.join("out.log")), /^\d{4}! \[1000\] \| one\n\d{4}! \[1000\] \| \n\d{4}! \[1000\] \| two\n$/);
});

test("The last line is kept when a worker exits in the middle of it", async (t) => {
  const { dir, open, run } = await bench(t);
  const channel = await open("FileStream", { filename: dir.join("out.log"), max_bytes: 1000 });
  await run(channel, "printf 'one\\ntw'");
  await until(() => content(dir.join("out.log")) === "one\ntw");
  await channel.close();
});

test("WatchedFileStream goes on in a new file when the old one was moved or removed", async (t) => {
  const { dir, open, run } = await bench(t);
  const file = dir.join("out.log");
  const channel = await open("WatchedFileStream", { filename: file });
  for (const [index, act] of [() => fs.renameSync(file, dir.join("moved")), () => fs.rmSync(file), () => undefined].entries()) {
    await run(channel, `echo ${index}`);
    await until(() => content(file) === `${index}\n`);
    act();
    channel.reopen();
  }
  assert.equal(content(dir.join("moved")), "0\n");
});

test("change() sends what follows to the new file, loses nothing and cuts no line", async (t) => {
  const { dir, open, run } = await bench(t);
  const channel = await open("FileStream", { filename: dir.join("0.log") });
  // The worker writes for as long as the test needs it to: the test may be the slower one.
  const over = run(channel, `i=0; while [ ! -e ${dir.join("enough")} ]; do echo $i; i=$((i+1)); done`);
  for (let index = 1; index < 5; index++) {
    await until(() => content(dir.join(`${index - 1}.log`)).length > 0);
    const changed = await channel.change({ class: "FileStream", options: { filename: dir.join(`${index}.log`) } });
    assert.equal(changed.ok, true);
  }
  await until(() => content(dir.join("4.log")).length > 0);
  await dir.write("enough", "");
  await over;
  await channel.close();
  const files = [0, 1, 2, 3, 4].map((index) => content(dir.join(`${index}.log`)));
  for (const text of files) assert.ok(text.endsWith("\n"));
  const lines = files.join("").split("\n");
  assert.equal(lines.pop(), "");
  for (const [index, line] of lines.entries()) assert.equal(line, String(index));
});

test("change() lets a line end in the file where it began, without waiting for that", async (t) => {
  const { dir, open, pipe } = await bench(t);
  const [old, next] = [dir.join("old.log"), dir.join("new.log")];
  const channel = await open("FileStream", { filename: old });
  const fd = pipe(channel, 1);
  fs.writeSync(fd, "be");
  await until(() => content(old) === "be");
  await channel.change({ class: "FileStream", options: { filename: next } });
  fs.writeSync(fd, "gun\nafter\n");
  await until(() => content(next) === "after\n");
  await until(() => content(old) === "begun\n");
  fs.closeSync(fd);
});

test("close() after change() writes the rest of a line where it began", async (t) => {
  const { dir, open, pipe } = await bench(t);
  const [old, next] = [dir.join("old.log"), dir.join("new.log")];
  const channel = await open("FileStream", { filename: old });
  const fd = pipe(channel, 1);
  fs.writeSync(fd, "be");
  await until(() => content(old) === "be");
  await channel.change({ class: "FileStream", options: { filename: next } });
  fs.writeSync(fd, "gun\naf");
  await channel.close();
  fs.closeSync(fd);
  assert.deepEqual([content(old), content(next)], ["begun\n", "af"]);
});

test("change() to the same file goes on in the middle of a line", async (t) => {
  const { dir, open, pipe } = await bench(t);
  const file = dir.join("out.log");
  const channel = await open("FileStream", { filename: file });
  const fd = pipe(channel, 1);
  fs.writeSync(fd, "be");
  await until(() => content(file) === "be");
  await channel.change({ class: "FileStream", options: { filename: file, max_bytes: 1000 } });
  fs.writeSync(fd, "gun\n");
  fs.closeSync(fd);
  await until(() => content(file) === "begun\n");
});

test("change() that fails leaves the stream as it was", async (t) => {
  const { dir, open, run } = await bench(t);
  const channel = await open("FileStream", { filename: dir.join("out.log") });
  const changed = await channel.change({ class: "FileStream", options: { filename: dir.join("none", "out.log") } });
  assert.equal(changed.ok, false);
  await run(channel, "echo on");
  await channel.close();
  assert.equal(content(dir.join("out.log")), "on\n");
  assert.equal(channel.spec.options["filename"], dir.join("out.log"));
});

test("A file in a directory that does not exist is refused with the directory's name", async (t) => {
  const { dir, outputs } = await bench(t);
  const file = dir.join("none", "x.log");
  const opened = await outputs.open({ class: "FileStream", options: { filename: file } }, { watcher: "web", stream: "stdout" });
  assert.equal(opened.ok, false);
  if (!opened.ok)
    assert.equal(opened.failure, `Cannot open "${file}" for stdout of watcher "web": no such directory "${path.dirname(file)}"`);
});

test("A log directory that was removed costs nothing once it is back", async (t) => {
  const { dir, open, run, log } = await bench(t);
  const file = dir.join("log", "out.log");
  fs.mkdirSync(dir.join("log"));
  const channel = await open("FileStream", { filename: file });
  await run(channel, "echo before");
  await until(() => content(file) === "before\n");
  fs.rmSync(dir.join("log"), { recursive: true });
  channel.reopen();
  await run(channel, "seq 100000");
  await until(() => log.lines.some((line) => line.includes("no such file or directory (ENOENT)")));
  fs.mkdirSync(dir.join("log"));
  await channel.close();
  assert.equal(content(file).split("\n").length, 100_001);
  assert.equal(channel.dropped, 0);
});

test("A full disk neither blocks nor ends anything: drops are counted and writing goes on when there is space", async (t) => {
  const { open, run, log } = await bench(t);
  const disk = await smallDisk(t, "32m");
  if (disk === null) {
    t.skip("a tmpfs cannot be mounted here");
    return;
  }
  const [file, ballast] = [path.join(disk, "out.log"), path.join(disk, "ballast")];
  fs.writeFileSync(ballast, Buffer.alloc(31 * 1024 * 1024));
  const channel = await open("FileStream", { filename: file });
  const sent = 20_000_000;
  await run(channel, `seq -f %015.0f ${sent / 16}`);
  await until(() => channel.dropped > 0);
  assert.match(log.lines[0] ?? "", /no space left on device \(ENOSPC\)/);
  fs.rmSync(ballast);
  await until(() => log.lines.length > 1);
  await run(channel, "echo after");
  await channel.close();
  const text = content(file);
  assert.equal(text.length, sent - channel.dropped + "after\n".length);
  const lines = text.split("\n");
  assert.deepEqual(lines.splice(-2), ["after", ""]);
  assert.ok(lines.every((line) => /^\d{15}$/.test(line)));
  assert.equal(log.lines[1], `Writing again "${file}" for stdout of watcher "web": ${channel.dropped} bytes were dropped`);
});

test("A closed channel refuses a pipe and closes it", async (t) => {
  const { dir, open, pipe, log } = await bench(t);
  const channel = await open("FileStream", { filename: dir.join("out.log") });
  await channel.close();
  const fd = pipe(channel, 7);
  assert.throws(() => fs.writeSync(fd, "x"), /EPIPE/);
  fs.closeSync(fd);
  assert.match(log.lines[0] ?? "", /process 7: the stream is closed/);
});

test("closeWhenIdle() reads the workers that are left to their end and closes the file then", async (t) => {
  const { dir, open, pipe } = await bench(t);
  const file = dir.join("out.log");
  const channel = await open("FileStream", { filename: file });
  const [first, second] = [pipe(channel, 1), pipe(channel, 2)];
  channel.closeWhenIdle();
  fs.writeSync(first, "one\n");
  fs.closeSync(first);
  await until(() => content(file) === "one\n");
  fs.writeSync(second, "two\n");
  await until(() => content(file) === "one\ntwo\n");
  assert.equal(timesOpen(file), 1);
  fs.closeSync(second);
  await until(() => timesOpen(file) === 0);
});

test("closeWhenIdle() closes at once what nobody writes to", async (t) => {
  const { dir, open } = await bench(t);
  const channel = await open("FileStream", { filename: dir.join("out.log") });
  channel.closeWhenIdle();
  await until(() => timesOpen(dir.join("out.log")) === 0);
});

/** By how many descriptors of this process. */
function timesOpen(file: string): number {
  return fs.readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  }).length;
}
