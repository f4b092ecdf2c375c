import assert from "node:assert/strict";
import { fstatSync, writeSync } from "node:fs";
import test from "node:test";
import { setImmediate } from "node:timers/promises";
import { loadNative } from "../../../../src/os/native.js";
import { Source } from "../../../../src/os/streams/source.js";

const native = loadNative();

interface Heard {
  text: string;
  ended: boolean;
}

function pipe(): { readonly read: number; readonly write: number } {
  const made = native.pipe();
  if (!made.ok) throw new Error(made.failure);
  return made.value;
}

function listen(fd: number): { readonly source: Source; readonly heard: Heard } {
  const heard: Heard = { text: "", ended: false };
  const source = new Source(fd, {
    buffer: Buffer.alloc(4096),
    later: (run) => void setImmediate().then(run),
    onChunk: (chunk) => (heard.text += chunk.toString()),
    onEnd: () => (heard.ended = true),
  });
  return { source, heard };
}

function isOpen(fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO();
  } catch {
    return false;
  }
}

test("a look into a pipe brings what is there at once, no more than was asked for, and its end", () => {
  const { read, write } = pipe();
  const { source, heard } = listen(read);
  source.pause();
  source.poll(100);
  assert.equal(heard.text, "");
  writeSync(write, "123456");
  source.poll(4);
  assert.equal(heard.text, "1234");
  native.close(write);
  source.poll(100);
  assert.deepEqual(heard, { text: "123456", ended: true });
  source.poll(100);
});

test("a look into a pipe that has come to its end never reads another one of the same number", async () => {
  const first = pipe();
  const { source, heard } = listen(first.read);
  native.close(first.write);
  // Between this turn and the end of the loop's round the descriptor is closed, and nobody was told so.
  while (isOpen(first.read)) await setImmediate();
  const second = pipe();
  assert.equal([second.read, second.write].includes(first.read), true);
  assert.equal(heard.ended, false);
  writeSync(second.write, "of another process");
  native.close(second.write);
  source.poll(100);
  source.close();
  assert.equal(heard.text, "");
  native.close(second.read);
});
