import assert from "node:assert/strict";
import test from "node:test";
import { OutputFlow, type FlowOptions, type Piece, type Reader } from "../../../../src/cluster/elements/process-flow.js";
import { ByteRing } from "../../../../src/cluster/elements/process-ring.js";

/** Numbers in [0, 1) that are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const CYCLE = 251;
const PATTERN = Uint8Array.from({ length: CYCLE + 100_000 }, (_, position) => position % CYCLE);

/** Bytes that tell where in the stream they stand. */
function bytesAt(offset: number, count: number): Uint8Array {
  return PATTERN.subarray(offset % CYCLE, (offset % CYCLE) + count);
}

class Pipe {
  paused = false;
  polls: number[] = [];
  rests = 0;
  pause = (): void => void (this.paused = true);
  resume = (): void => void (this.paused = false);
  poll = (limit: number): void => void this.polls.push(limit);
  rest = (): void => void (this.rests += 1);
}

class Stream {
  readonly pipe = new Pipe();
  readonly flow: OutputFlow;
  written = 0;

  constructor(options: Partial<FlowOptions> = {}) {
    this.flow = new OutputFlow(this.pipe, { capacity: 10_000, blocks: false, ...options });
  }

  write(count: number): void {
    this.flow.push(bytesAt(this.written, count));
    this.written += count;
  }
}

/** All that a reader gets now: numbers for gaps, and how many bytes; each byte is checked. */
function drain(reader: Reader, at: number): { readonly gaps: readonly number[]; readonly bytes: number; readonly at: number } {
  const gaps: number[] = [];
  let [offset, bytes] = [at, 0];
  for (let piece = reader.next(7_000); piece !== null; piece = reader.next(7_000)) {
    if ("dropped" in piece) {
      gaps.push(piece.dropped);
      offset += piece.dropped;
    } else {
      assert.deepEqual(Buffer.compare(piece.bytes, bytesAt(offset, piece.bytes.length)), 0, `the bytes at ${offset} are others`);
      offset += piece.bytes.length;
      bytes += piece.bytes.length;
    }
  }
  return { gaps, bytes, at: offset };
}

test("a ring gives back what stands at any offset it keeps", () => {
  const random = randomFrom(7);
  const ring = new ByteRing(40_000);
  for (let round = 0; round < 2_000; round++) {
    const size = random() < 0.1 ? 90_000 : random() < 0.5 ? 9 : 3_000;
    ring.push(bytesAt(ring.end, Math.ceil(random() * size)));
    if (random() < 0.7) ring.forget(ring.start + Math.floor(random() * 2 * (ring.end - ring.start)));
    const at = ring.start + Math.floor(random() * (ring.end - ring.start));
    const found = ring.read(at, 5_000);
    assert.ok(found.length > 0 || at === ring.end);
    assert.equal(Buffer.compare(found, bytesAt(at, found.length)), 0);
  }
});

test("what was read from a ring stays as it was when the ring has gone on", () => {
  const ring = new ByteRing(40_000);
  ring.push(bytesAt(0, 3_000));
  const read = ring.read(0, 3_000);
  for (let round = 0; round < 100; round++) {
    ring.forget(ring.end);
    ring.push(new Uint8Array(3_000).fill(9));
  }
  assert.deepEqual(read, bytesAt(0, 3_000));
});

test("without a reader the oldest bytes are dropped and counted, and the next reader is told how many", () => {
  const stream = new Stream();
  stream.write(25_000);
  assert.deepEqual(stream.flow.figures(), { Kept: 10_000, Taken: 0, Dropped: 15_000, Ended: false });
  assert.equal(stream.pipe.paused, false);
  assert.deepEqual(drain(stream.flow.take(), 0), { gaps: [15_000], bytes: 10_000, at: 25_000 });
});

test("a process that writes and writes for nobody is left alone now and then", () => {
  const stream = new Stream();
  for (let written = 0; written < 1_050_000; written += 70_000) stream.write(70_000);
  assert.equal(stream.pipe.rests, 0);
  stream.write(70_000);
  assert.equal(stream.pipe.rests, 1);
  const reader = stream.flow.take();
  for (let [round, at] = [0, 0]; round < 100; round++) {
    stream.write(7_000);
    const got = drain(reader, at);
    at = got.at;
    reader.acknowledge(got.bytes);
  }
  assert.equal(stream.pipe.rests, 1);
  reader.leave();
  stream.flow.discard();
  for (let round = 0; round < 100; round++) stream.write(70_000);
  assert.equal(stream.pipe.rests, 7);
});

test("a stream that blocks lets the process wait, until half of what is kept was taken", () => {
  const stream = new Stream({ blocks: true });
  stream.write(9_999);
  assert.equal(stream.pipe.paused, false);
  stream.write(1);
  assert.equal(stream.pipe.paused, true);
  const reader = stream.flow.take();
  drain(reader, 0);
  reader.acknowledge(4_999);
  assert.equal(stream.pipe.paused, true);
  reader.acknowledge(1);
  assert.equal(stream.pipe.paused, false);
  assert.deepEqual(stream.flow.figures(), { Kept: 5_000, Taken: 5_000, Dropped: 0, Ended: false });
});

test("a reader that takes holds the process back, and lets it go when it leaves", () => {
  const stream = new Stream();
  const reader = stream.flow.take();
  stream.write(12_000);
  assert.equal(stream.pipe.paused, true);
  assert.equal(stream.flow.figures().Dropped, 0);
  reader.leave();
  assert.equal(stream.pipe.paused, false);
  assert.equal(stream.flow.figures().Dropped, 2_000);
});

test("the next reader begins with the first byte that nobody has acknowledged", () => {
  const stream = new Stream();
  stream.write(5_000);
  const first = stream.flow.take();
  drain(first, 0);
  first.acknowledge(1_234);
  first.leave();
  const second = stream.flow.take();
  assert.deepEqual(drain(second, 1_234), { gaps: [], bytes: 5_000 - 1_234, at: 5_000 });
  second.leave();
  stream.write(10_000);
  const third = stream.flow.take();
  assert.deepEqual(drain(third, 1_234), { gaps: [15_000 - 10_000 - 1_234], bytes: 10_000, at: 15_000 });
  third.acknowledge(1);
  third.leave();
  assert.deepEqual(drain(stream.flow.take(), 5_001), { gaps: [], bytes: 9_999, at: 15_000 });
});

test("a reader cannot acknowledge more than it got", () => {
  const stream = new Stream();
  stream.write(100);
  const reader = stream.flow.take();
  reader.next(40);
  reader.acknowledge(99);
  assert.equal(stream.flow.figures().Taken, 40);
  assert.equal(reader.isSettled, true);
});

test("copies take nothing, see what was taken meanwhile, and are told what they missed", () => {
  const stream = new Stream();
  stream.write(4_000);
  const copy = stream.flow.copy();
  const taker = stream.flow.take();
  drain(taker, 0);
  taker.acknowledge(4_000);
  assert.deepEqual(drain(copy, 0), { gaps: [], bytes: 4_000, at: 4_000 });
  assert.deepEqual(stream.flow.figures(), { Kept: 0, Taken: 4_000, Dropped: 0, Ended: false });
  for (let round = 0; round < 6; round++) {
    stream.write(4_000);
    drain(taker, 4_000 + round * 4_000);
    taker.acknowledge(4_000);
  }
  assert.deepEqual(drain(copy, 4_000), { gaps: [14_000], bytes: 10_000, at: 28_000 });
});

test("a reader that waits is told of news once", () => {
  const stream = new Stream();
  const reader = stream.flow.take();
  let told = 0;
  reader.onNews = () => told++;
  stream.write(1);
  stream.write(1);
  assert.equal(told, 1);
  reader.onNews = () => told++;
  stream.flow.finish();
  assert.equal(told, 2);
});

test("a discarded stream keeps nothing and holds nobody back", () => {
  const stream = new Stream({ blocks: true });
  stream.write(10_000);
  stream.flow.discard();
  assert.equal(stream.pipe.paused, false);
  stream.write(50_000);
  assert.deepEqual(stream.flow.figures(), { Kept: 0, Taken: 0, Dropped: 0, Ended: false });
});

test("a look into the pipe brings no more than there is room for where the process waits", () => {
  const stream = new Stream({ blocks: true });
  stream.write(4_000);
  assert.equal(stream.flow.poll(), 4_000);
  assert.deepEqual(stream.pipe.polls, [6_000]);
});

for (const blocks of [false, true]) {
  test(`in random histories ${blocks ? "with waiting" : "with dropping"} every byte is taken, kept or counted as dropped`, () => {
    for (let seed = 1; seed <= 30; seed++) history(seed, blocks);
  });
}

/** The model: one number for what was taken, one for the oldest byte that is kept. */
function history(seed: number, blocks: boolean): void {
  const random = randomFrom(seed);
  const capacity = 5_000;
  const stream = new Stream({ capacity, blocks });
  let [taken, oldest, dropped, given] = [0, 0, 0, 0];
  let reader: Reader | null = null;
  const dropAsModel = (): void => {
    if (reader !== null || blocks || stream.written - oldest <= capacity) return;
    dropped += stream.written - capacity - oldest;
    oldest = stream.written - capacity;
  };
  for (let step = 0; step < 300; step++) {
    const choice = random();
    if (choice < 0.4) {
      if (!stream.pipe.paused) stream.write(Math.ceil(random() * (random() < 0.2 ? 9_000 : 700)));
    } else if (choice < 0.5) {
      if (reader === null) {
        reader = stream.flow.take();
        given = oldest;
        const gap = oldest - taken;
        if (gap > 0) assert.deepEqual(reader.next(1), { dropped: gap });
      }
    } else if (choice < 0.7 && reader !== null) {
      const piece: Piece | null = reader.next(Math.ceil(random() * 2_000));
      if (piece === null) assert.equal(given, stream.written);
      else {
        assert.ok("bytes" in piece);
        assert.equal(Buffer.compare(piece.bytes, bytesAt(given, piece.bytes.length)), 0);
        given += piece.bytes.length;
      }
    } else if (choice < 0.9 && reader !== null) {
      const count = Math.floor(random() * (given - oldest + 1));
      reader.acknowledge(count);
      oldest += count;
      if (count > 0) taken = oldest;
    } else if (choice >= 0.9 && reader !== null) {
      reader.leave();
      reader = null;
    }
    dropAsModel();
    const { Kept, Taken, Dropped } = stream.flow.figures();
    assert.deepEqual([Kept, Dropped], [stream.written - oldest, dropped], `seed ${seed}, step ${step}`);
    assert.equal(Kept + Taken + Dropped, stream.written);
  }
}
