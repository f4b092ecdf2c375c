import assert from "node:assert/strict";
import test from "node:test";
import { FrameReader } from "../../../src/os/docker-frames.js";

function frame(stream: number, payload: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream);
  header.writeUInt32BE(Buffer.byteLength(payload), 4);
  return Buffer.concat([header, Buffer.from(payload)]);
}

function reader(): { readonly frames: FrameReader; readonly pieces: string[] } {
  const pieces: string[] = [];
  return { pieces, frames: new FrameReader((bytes) => void pieces.push(Buffer.from(bytes).toString())) };
}

const WHOLE = Buffer.concat([frame(1, "one"), frame(2, ""), frame(1, "three and more"), frame(2, "four")]);

test("a frame reader finds the payloads wherever the bytes were cut", () => {
  for (let size = 1; size <= WHOLE.length; size++) {
    const { frames, pieces } = reader();
    for (let at = 0; at < WHOLE.length; at += size) frames.push(WHOLE.subarray(at, at + size));
    assert.equal(pieces.join(""), "onethree and morefour", `cut into pieces of ${size}`);
  }
});

test("a frame reader hands over what it has of a frame, and keeps nothing of it", () => {
  const { frames, pieces } = reader();
  const long = frame(1, "a".repeat(100));
  frames.push(long.subarray(0, 58));
  assert.deepEqual(pieces, ["a".repeat(50)]);
  frames.push(long.subarray(58));
  assert.deepEqual(pieces, ["a".repeat(50), "a".repeat(50)]);
});

test("a frame reader refuses what is no frame, such as the output of a terminal", () => {
  assert.throws(() => reader().frames.push(Buffer.from("# ls -l\r\n")), /something else than frames/);
  assert.throws(() => reader().frames.push(frame(4, "")), /something else than frames/);
});
