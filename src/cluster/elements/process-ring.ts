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

/** Blocks begin small and double up to here, so that a program that says little costs little. */
const SMALLEST = 4 * 1024;
const LARGEST = 64 * 1024;

export class ByteRing {
  #blocks: Block[] = [];
  /** Blocks before this one in the list are forgotten. */
  #first = 0;
  #start = 0;
  #end = 0;

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
    let rest = chunk;
    const last = this.#blocks.at(-1);
    if (last !== undefined) {
      const fits = rest.subarray(0, last.bytes.length - last.used);
      last.bytes.set(fits, last.used);
      last.used += fits.length;
      rest = rest.subarray(fits.length);
    }
    if (rest.length > 0) this.#append(rest, this.#end + chunk.length - rest.length, last?.bytes.length ?? 0);
    this.#end += chunk.length;
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

  #append(rest: Uint8Array, begin: number, previous: number): void {
    const size = Math.min(LARGEST, Math.max(SMALLEST, 2 * previous));
    // A large chunk is a block of its own.
    const bytes = rest.length >= size ? new Uint8Array(rest) : new Uint8Array(size);
    if (rest.length < size) bytes.set(rest);
    this.#blocks.push({ bytes, begin, used: rest.length });
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
