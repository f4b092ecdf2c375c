import assert from "node:assert/strict";
import test from "node:test";
import { fullFrames, helloFrames, readHello, readWelcome, welcomeFrames } from "../../../src/wire/zmq/greeting.js";

function buffers(frames: readonly (string | Uint8Array)[]): Buffer[] {
  return frames.map((frame) => (typeof frame === "string" ? Buffer.from(frame) : Buffer.from(frame)));
}

test("a hello is read as it was written, with a name that does no harm to a log", () => {
  assert.equal(readHello(buffers(helloFrames("pid 1 on alpha"))), "pid 1 on alpha");
  assert.equal(readHello(buffers(helloFrames("a\nb\u001b[31mä"))), "a?b?[31m?");
  assert.equal(readHello(buffers(helloFrames("x".repeat(500))))?.length, 100);
});

test("what is no hello is none", () => {
  for (const frames of [
    [],
    [""],
    ["CIRCUIT/1 "],
    ["CIRCUIT/2 a"],
    ["CIRCUIT/1 a", ""],
    ["CIRCUIT/1 a\n"],
    [`CIRCUIT/1 ${"a".repeat(101)}`],
  ]) {
    assert.equal(readHello(buffers(frames)), null, frames.join());
  }
});

test("a welcome carries the proofs, and its opposite says what is the matter", () => {
  const welcome = readWelcome(buffers(welcomeFrames([Buffer.from("abc"), Buffer.from("de")])));
  assert(welcome.ok);
  assert.deepEqual(welcome.value.map(String), ["abc", "de"]);
  assert.deepEqual(readWelcome(buffers(fullFrames())), { ok: false, failure: "full" });
  for (const frames of [[], ["CIRCUIT/2 welcome"], ["hello"]])
    assert.deepEqual(readWelcome(buffers(frames)), { ok: false, failure: "stranger" });
});
