import assert from "node:assert/strict";
import test from "node:test";
import { LINE_LIMIT, type Origin } from "../../../../src/os/streams/sink.js";
import { PLAIN, stampFrame } from "../../../../src/os/streams/stamp.js";
import { type Frame, Weave } from "../../../../src/os/streams/weave.js";
import { type StillClock, stillClock } from "./kit.js";

interface Loom {
  readonly weave: Weave;
  readonly clock: StillClock;
  readonly text: () => string;
}

function loom(wholeLines = false): Loom {
  const clock = stillClock();
  const out: Buffer[] = [];
  const weave = new Weave({ push: (bytes) => out.push(Buffer.from(bytes)), wholeLines: () => wholeLines }, clock);
  return { weave, clock, text: () => Buffer.concat(out).toString() };
}

const origin = (pid: number): Origin => ({ pid, account: { dropped: 0 } });
const bytes = (text: string): Buffer => Buffer.from(text);

test("A source that is alone passes straight through", () => {
  const { weave, text } = loom();
  const a = weave.join(origin(1), null);
  a.push(bytes("Password: "));
  assert.equal(text(), "Password: ");
});

test("Lines of two sources are never torn", () => {
  const { weave, text } = loom();
  const a = weave.join(origin(1), null);
  const b = weave.join(origin(2), null);
  a.push(bytes("one\ntw"));
  b.push(bytes("eins\nzw"));
  a.push(bytes("o\n"));
  b.push(bytes("ei\n"));
  assert.equal(text(), "one\neins\ntwo\nzwei\n");
});

test("An unfinished last line is written at the end of its source", () => {
  const { weave, text } = loom();
  const a = weave.join(origin(1), null);
  const b = weave.join(origin(2), null);
  a.push(bytes("one\ntw"));
  a.end();
  assert.equal(text(), "one\ntw");
  b.push(bytes("eins\n"));
  assert.equal(text(), "one\ntw\neins\n");
});

test("A source waits for the line that another one had begun while it was alone", () => {
  const { weave, clock, text } = loom();
  const a = weave.join(origin(1), null);
  a.push(bytes("on"));
  const b = weave.join(origin(2), null);
  b.push(bytes("eins\n"));
  assert.equal(text(), "on");
  a.push(bytes("e\n"));
  assert.equal(text(), "one\neins\n");
  b.push(bytes("zwei\n"));
  clock.pass(10_000);
  assert.equal(text(), "one\neins\nzwei\n");
});

test("A source does not wait for ever for another's line", () => {
  const { weave, clock, text } = loom();
  const a = weave.join(origin(1), null);
  a.push(bytes("Password: "));
  const b = weave.join(origin(2), null);
  b.push(bytes("eins\n"));
  clock.pass(1_000);
  assert.equal(text(), "Password: \neins\n");
});

test("What waited is written when the source that was waited for ends, also when none but the waiting one is left", () => {
  const { weave, text } = loom();
  const a = weave.join(origin(1), null);
  a.push(bytes("on"));
  const b = weave.join(origin(2), null);
  b.push(bytes("eins\n"));
  a.end();
  assert.equal(text(), "on\neins\n");
});

test("A line beyond the limit is passed on before its end", () => {
  const { weave, text } = loom();
  const a = weave.join(origin(1), null);
  weave.join(origin(2), null);
  a.push(Buffer.alloc(LINE_LIMIT + 1, "x"));
  assert.equal(text().length, LINE_LIMIT + 1);
});

test("An unfinished line of a rotating file is passed on after a second", () => {
  const { weave, clock, text } = loom(true);
  const a = weave.join(origin(1), null);
  a.push(bytes("one\n50 %"));
  assert.equal(text(), "one\n");
  clock.pass(1_000);
  assert.equal(text(), "one\n50 %");
  a.push(bytes(" 60 %\n"));
  assert.equal(text(), "one\n50 % 60 %\n");
});

test("A source that leaves and comes back goes on with its line", () => {
  const { weave, text } = loom();
  const from = origin(1);
  const a = weave.join(from, null);
  a.push(bytes("on"));
  a.leave();
  weave.join(from, null).push(bytes("e\n"));
  assert.equal(text(), "one\n");
});

function stamped(): { readonly frame: Frame; readonly clock: StillClock } {
  const clock = stillClock();
  return { clock, frame: stampFrame((epoch) => `t${epoch - 1_700_000_000}`, clock, PLAIN) };
}

test("A stamp stands in front of every line, also of one that came in pieces", () => {
  const { weave, text } = loom();
  const { frame, clock } = stamped();
  const a = weave.join(origin(7), frame);
  a.push(bytes("one\n\ntw"));
  clock.pass(1_000);
  a.push(bytes("o\nrest"));
  a.end();
  assert.equal(text(), "t0 [7] | one\nt0 [7] | \nt1 [7] | two\nt1 [7] | rest\n");
});

test("A stamp holds for lines of any length and for many of them", () => {
  const { weave, text } = loom();
  const a = weave.join(origin(7), stamped().frame);
  const long = "x".repeat(200_000);
  const many = "short\n".repeat(20_000);
  a.push(bytes(`${long}\n${many}`));
  assert.equal(text(), `t0 [7] | ${long}\n${"t0 [7] | short\n".repeat(20_000)}`);
});
