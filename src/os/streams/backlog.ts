/**
 * Bytes on their way to a slow place, in blocks that are used again: copied once on their way in and
 * never moved afterwards. A block ends at a line's end where that is possible, so that whoever writes it
 * may decide about whole lines.
 */
import { NEWLINE } from "./sink.js";

export const BLOCK_SIZE = 256 * 1024;
const SPARE_BLOCKS = 16;

/** Lends blocks to all backlogs and counts what all of them hold. */
export class BlockPool {
  #spare: Buffer[] = [];
  /** Bytes that wait in all backlogs. */
  waiting = 0;

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE);
  }

  giveBack(block: Buffer): void {
    if (this.#spare.length < SPARE_BLOCKS) this.#spare.push(block);
  }
}

interface Block {
  readonly bytes: Buffer;
  start: number;
  end: number;
}

/** A queue of bytes. */
export class Backlog {
  readonly #pool: BlockPool;
  #blocks: Block[] = [];
  #size = 0;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  get size(): number {
    return this.#size;
  }

  push(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) {
      const block = this.#tail();
      const room = BLOCK_SIZE - block.end;
      const take = bytes.length - from <= room ? bytes.length - from : cutAtLine(bytes, from, room);
      bytes.copy(block.bytes, block.end, from, from + take);
      block.end += take;
      from += take;
      if (from < bytes.length) this.#grow();
    }
    this.#size += bytes.length;
    this.#pool.waiting += bytes.length;
  }

  /** The oldest bytes; they stay where they are until `shift`, however much is pushed meanwhile. */
  first(): Buffer | null {
    const block = this.#blocks[0];
    return block === undefined || block.start === block.end ? null : block.bytes.subarray(block.start, block.end);
  }

  /** Forgets the oldest `count` bytes, all of which were in `first()`. */
  shift(count: number): void {
    const block = this.#blocks[0];
    if (block === undefined || block.start + count > block.end) throw new Error(`internal: no ${count} bytes to shift`);
    block.start += count;
    this.#size -= count;
    this.#pool.waiting -= count;
    if (block.start < block.end) return;
    this.#blocks.shift();
    this.#pool.giveBack(block.bytes);
  }

  /** Forgets everything and tells how much that was. */
  clear(): number {
    const lost = this.#size;
    // The blocks are not given back: a write of one of them may still be under way.
    this.#blocks = [];
    this.#size = 0;
    this.#pool.waiting -= lost;
    return lost;
  }

  #tail(): Block {
    return this.#blocks.at(-1) ?? this.#grow();
  }

  #grow(): Block {
    const block = { bytes: this.#pool.take(), start: 0, end: 0 };
    this.#blocks.push(block);
    return block;
  }
}

/** How much of what does not fit goes into the room that is left: whole lines, or nothing if there is none, or all if a line is longer than a block. */
function cutAtLine(bytes: Buffer, from: number, room: number): number {
  if (room === 0) return 0;
  const end = bytes.lastIndexOf(NEWLINE, from + room - 1) + 1;
  if (end > from) return end - from;
  const lineEnd = bytes.indexOf(NEWLINE, from);
  const length = (lineEnd === -1 ? bytes.length : lineEnd + 1) - from;
  return length > BLOCK_SIZE ? room : 0;
}
