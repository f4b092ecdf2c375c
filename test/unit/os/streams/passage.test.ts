import assert from "node:assert/strict";
import test from "node:test";
import { Passage } from "../../../../src/os/streams/passage.js";
import { RecordSink, type StreamRecord } from "../../../../src/os/streams/record-sink.js";
import { LINE_LIMIT, type Origin, type Sink } from "../../../../src/os/streams/sink.js";
import { type Frame, Weave } from "../../../../src/os/streams/weave.js";
import { memoryLog, settle, stillClock } from "./kit.js";

interface Place {
  readonly sink: Sink;
  readonly text: () => string;
}

/** A sink as a file has it, which keeps what it gets in memory. */
function place(frame: Frame | null = null): Place {
  const out: Buffer[] = [];
  const weave = new Weave({ push: (bytes) => out.push(Buffer.from(bytes)), wholeLines: () => false }, stillClock());
  return {
    sink: {
      congested: false,
      join: (from) => weave.join(from, frame),
      subscribe: () => undefined,
      unsubscribe: () => undefined,
      reopen: () => undefined,
      settled: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    text: () => Buffer.concat(out).toString(),
  };
}

const origin = (pid: number): Origin => ({ pid, account: { dropped: 0 } });
const bytes = (text: string): Buffer => Buffer.from(text);

test("A passage moves at once between two lines", () => {
  const [old, next] = [place(), place()];
  const passage = new Passage(old.sink, origin(1));
  passage.push(bytes("one\n"));
  assert.equal(passage.moveTo(next.sink), null);
  passage.push(bytes("two\n"));
  assert.deepEqual([old.text(), next.text()], ["one\n", "two\n"]);
});

test("A passage finishes a line where its beginning is, and moves then", async () => {
  const [old, next] = [place(), place()];
  const passage = new Passage(old.sink, origin(1));
  passage.push(bytes("one\ntw"));
  const left = passage.moveTo(next.sink);
  passage.push(bytes("o"));
  passage.push(bytes("!\nthree\nfo"));
  await left;
  passage.push(bytes("ur\n"));
  assert.deepEqual([old.text(), next.text()], ["one\ntwo!\n", "three\nfour\n"]);
});

test("A passage takes along an unfinished line of which nothing is written yet", () => {
  const [old, next] = [place(), place()];
  const passage = new Passage(old.sink, origin(1));
  new Passage(old.sink, origin(2)).push(bytes("eins\n"));
  passage.push(bytes("one\ntw"));
  assert.equal(passage.moveTo(next.sink), null);
  passage.push(bytes("o\n"));
  assert.deepEqual([old.text(), next.text()], ["eins\none\n", "two\n"]);
});

test("A passage finishes a line without the frame that its other lines get", () => {
  const old = place();
  const stamped = place((lines, _, put) => put(Buffer.concat([bytes("now "), lines])));
  const passage = new Passage(old.sink, origin(1));
  passage.push(bytes("on"));
  void passage.moveTo(stamped.sink);
  passage.push(bytes("e\ntwo\n"));
  assert.deepEqual([old.text(), stamped.text()], ["one\n", "now two\n"]);
});

test("A passage does not follow a line without an end for ever", async () => {
  const [old, next] = [place(), place()];
  const passage = new Passage(old.sink, origin(1));
  passage.push(bytes("x"));
  const left = passage.moveTo(next.sink);
  passage.push(Buffer.alloc(LINE_LIMIT - 1, "x"));
  assert.equal(next.text(), "");
  passage.push(bytes("xyz\n"));
  await left;
  assert.equal(old.text().length, 1 + LINE_LIMIT);
  assert.equal(next.text(), "yz\n");
});

test("A passage leaves its old sink when its source ends in the middle of the line", async () => {
  const [old, next] = [place(), place()];
  const passage = new Passage(old.sink, origin(1));
  passage.push(bytes("on"));
  const left = passage.moveTo(next.sink);
  passage.end();
  await left;
  assert.deepEqual([old.text(), next.text()], ["on", ""]);
});

test("A passage that is moved twice in the middle of a line goes from the first sink to the last", async () => {
  const [first, second, third] = [place(), place(), place()];
  const passage = new Passage(first.sink, origin(1));
  passage.push(bytes("on"));
  const left = passage.moveTo(second.sink);
  assert.equal(passage.moveTo(third.sink), null);
  passage.push(bytes("e\ntwo\n"));
  await left;
  assert.deepEqual([first.text(), second.text(), third.text()], ["one\n", "", "two\n"]);
});

test("A passage finishes a line among records too", async () => {
  const records: StreamRecord[] = [];
  const taker = { put: (record: StreamRecord) => records.push(record), close: () => Promise.resolve() };
  const old = new RecordSink(taker, { log: memoryLog(), clock: stillClock(), label: "the queue", name: "stdout" });
  const next = place();
  const passage = new Passage(old, origin(1));
  passage.push(bytes("on"));
  const left = passage.moveTo(next.sink);
  passage.push(bytes("e\ntwo\n"));
  await left;
  await settle();
  assert.equal(Buffer.concat(records.map(({ data }) => data)).toString(), "one\n");
  assert.equal(next.text(), "two\n");
});
