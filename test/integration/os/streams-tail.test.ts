import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import test from "node:test";
import type { OutputTail, TailPage, TailQuery } from "../../../src/core/ports.js";
import { PASS_ON } from "../../../src/core/spec.js";
import { systemClock } from "../../../src/os/clock.js";
import { createOutputs } from "../../../src/os/streams/outputs.js";
import { LINE_ALLOWANCE } from "../../../src/os/streams/tail/ring.js";
import { bench, content, until, type Bench } from "./streams-kit.js";

const EVERYTHING: TailQuery = { pid: null, stream: null, lines: 1000, after: null };

function texts(page: TailPage): readonly string[] {
  return page.lines.map(({ bytes }) => Buffer.from(bytes).toString("latin1"));
}

async function openWithTail({ outputs, dir }: Bench, lines: number) {
  const tail = outputs.tail();
  tail.resize(lines);
  const opened = await outputs.open(
    { class: "FileStream", options: { filename: dir.join("log") } },
    { watcher: "web", stream: "stdout", tail },
  );
  if (!opened.ok) throw new Error(opened.failure);
  return { tail, channel: opened.value };
}

async function finished(tail: OutputTail, count: number): Promise<readonly string[]> {
  await until(() => tail.read(EVERYTHING).lines.length >= count);
  return texts(tail.read(EVERYTHING));
}

test("a channel keeps what a worker says, to its last unfinished word, and the file gets all of it", async (t) => {
  const kit = await bench(t);
  const { tail, channel } = await openWithTail(kit, 200);
  await kit.run(channel, "echo one; echo two; printf three");
  assert.deepEqual(await finished(tail, 3), ["one", "two", "three"]);
  await channel.close();
  assert.equal(content(kit.dir.join("log")), "one\ntwo\nthree");
});

test("what came shortly before the channel was closed is kept too", async (t) => {
  const kit = await bench(t);
  const { tail, channel } = await openWithTail(kit, 200);
  fs.writeSync(kit.pipe(channel, 5), "said\nand gone");
  await channel.close();
  assert.deepEqual(texts(tail.read(EVERYTHING)), ["said", "and gone"]);
});

test("of many megabytes the last lines are kept, within the bound, and the file has them all", async (t) => {
  const kit = await bench(t);
  const { tail, channel } = await openWithTail(kit, 50);
  const start = tail.read(EVERYTHING).cursor;
  await kit.run(channel, "seq 1 2000000; echo end");
  await until(() => texts(tail.read(EVERYTHING)).at(-1) === "end");
  const first = tail.read({ ...EVERYTHING, lines: null, after: start });
  const rest = tail.read({ ...EVERYTHING, lines: null, after: first.cursor });
  const lines = [...texts(first), ...texts(rest)];
  assert.deepEqual([first.full, rest.full, rest.missed, lines.slice(-2)], [true, false, 0, ["2000000", "end"]]);
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  assert.ok(bytes <= 50 * LINE_ALLOWANCE);
  await channel.close();
  assert.equal(bytes + first.missed, fs.statSync(kit.dir.join("log")).size);
});

test("what is passed on reaches the daemon's own output byte for byte, each stream its own", async (t) => {
  const kit = await bench(t);
  const [out, err] = [kit.dir.join("out"), kit.dir.join("err")];
  const [stdout, stderr] = [fs.openSync(out, "a"), fs.openSync(err, "a")];
  t.after(() => {
    fs.closeSync(stdout);
    fs.closeSync(stderr);
  });
  const outputs = createOutputs({ log: kit.log, clock: systemClock(), stdout, stderr });
  const tail = outputs.tail();
  tail.resize(10);
  const noise = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
  for (const stream of ["stdout", "stderr"] as const) {
    const opened = await outputs.open(PASS_ON, { watcher: "web", stream, tail });
    if (!opened.ok) throw new Error(opened.failure);
    const file = kit.dir.join(`${stream}.bin`);
    fs.writeFileSync(file, Buffer.concat([Buffer.from(`${stream}\n`), noise]));
    await kit.run(opened.value, `cat ${file}`);
    await until(() => tail.read({ ...EVERYTHING, stream }).lines.length > 0);
    await opened.value.close();
  }
  execFileSync("cmp", [out, kit.dir.join("stdout.bin")]);
  execFileSync("cmp", [err, kit.dir.join("stderr.bin")]);
});
