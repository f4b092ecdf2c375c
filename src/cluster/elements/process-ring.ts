/**
 * Bytes of a stream by their offsets from its beginning: appended at the end, forgotten from the start. What was read stays
 * valid for ever, as no memory is written twice.
 */

interface Block {
  readonly bytes: Uint8Array;
  /** Offset of the first byte in the stream. */
  readonly begin: number;
  used: number;
}

/** Blocks for small pieces begin small and double up to here, so that a program that says little costs little. */
const SMALLEST = 4 * 1024;
const DOUBLED = 64 * 1024;

export class ByteRing {
  /** Bytes of a block at most: memory is given back by blocks. */
  readonly #largest: number;
  #blocks: Block[] = [];
  /** Blocks before this one in the list are forgotten. */
  #first = 0;
  #start = 0;
  #end = 0;

  /** @param usual how many bytes are going to be kept */
  constructor(usual: number) {
    this.#largest = Math.max(SMALLEST, Math.floor(usual / 4));
  }

  /** Offset of the oldest byte that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Offset behind the newest byte: how many there were in all. */
  get end(): number {
    return this.#end;
  }

  /** Copies the chunk. */
  push(chunk: Uint8Array): void {
    let done = 0;
    while (done < chunk.length) {
      const block = this.#roomy(chunk.length - done);
      const piece = chunk.subarray(done, done + block.bytes.length - block.used);
      block.bytes.set(piece, block.used);
      block.used += piece.length;
      done += piece.length;
      this.#end += piece.length;
    }
  }

  /** Bytes from that offset on, at most so many, and none at the end; the offset is not before the start. */
  read(at: number, limit: number): Uint8Array {
    const block = this.#blockAt(at);
    if (block === null) return new Uint8Array(0);
    const from = at - block.begin;
    return block.bytes.subarray(from, Math.min(block.used, from + limit));
  }

  /** Forgets what is before that offset. */
  forget(before: number): void {
    this.#start = Math.max(this.#start, Math.min(before, this.#end));
    let block = this.#blocks[this.#first];
    while (block !== undefined && this.#isSpent(block)) {
      this.#first++;
      block = this.#blocks[this.#first];
    }
    // One cut for many blocks, so that a long list is not moved for each.
    if (this.#first > this.#blocks.length / 2) {
      this.#blocks = this.#blocks.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Forgotten wholly, and of no use for what comes next; a small one is kept for that. */
  #isSpent({ begin, used, bytes }: Block): boolean {
    return begin + used <= this.#start && (used === bytes.length || bytes.length > SMALLEST);
  }

  /** The last block where it has room, else a new one, for so many bytes at least as far as a block may be so large. */
  #roomy(bytes: number): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.used < last.bytes.length) return last;
    const doubled = Math.min(DOUBLED, 2 * (last?.bytes.length ?? 0));
    const size = Math.min(this.#largest, Math.max(SMALLEST, doubled, bytes));
    const block = { bytes: new Uint8Array(size), begin: this.#end, used: 0 };
    this.#blocks.push(block);
    return block;
  }

  /** Blocks follow one another without gaps, so a search by halves finds the one with that offset. */
  #blockAt(at: number): Block | null {
    if (at >= this.#end) return null;
    let [low, high] = [this.#first, this.#blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#blocks[middle]?.begin ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return this.#blocks[low] ?? null;
  }
}
