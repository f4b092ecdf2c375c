/**
 * One output stream of a process between its pipe and its readers: what is kept, what was taken or dropped, and when the pipe is left
 * to fill up so that the process waits. It sends nothing itself.
 *
 * One reader takes: what it acknowledges is gone, what it does not stays for the next one, and while it is there nothing is dropped.
 * Others copy: they hold nobody back and miss what they are too slow for.
 */
import type { ProgramOutput } from "../../core/circuit/process-port.js";
import { ByteRing } from "./process-ring.js";

export interface FlowOptions {
  /** Bytes that are kept. What one read of the pipe brings may come on top of it. */
  readonly capacity: number;
  /** When they are full and nobody takes, the process waits; otherwise the oldest bytes are dropped. */
  readonly blocks: boolean;
}

/** What a reader gets next: bytes, or how many of them are missing at this place. */
export type Piece = { readonly dropped: number } | { readonly bytes: Uint8Array };

export interface FlowFigures {
  readonly Kept: number;
  readonly Taken: number;
  readonly Dropped: number;
  readonly Ended: boolean;
}

/** So much may be in a pipe, at the most that we ask the kernel for. */
const PIPE = 1024 * 1024;

/** What a reader needs of the stream. */
interface Shelf {
  readonly ring: ByteRing;
  acknowledged(reader: Reader, bytes: number): void;
  left(reader: Reader): void;
}

/** One reader's place in the stream. */
export class Reader {
  /** Called once, when something has come or was acknowledged, or the stream has ended. */
  onNews: (() => void) | null = null;
  readonly #shelf: Shelf;
  /** Bytes that are missing just before the next one. */
  #missing: number;
  #at: number;
  /** Offset up to which it has used what it got. */
  #used: number;

  constructor(shelf: Shelf, begin: number, missing: number) {
    this.#shelf = shelf;
    this.#missing = missing;
    this.#at = this.#used = begin;
  }

  /** Offset of the next byte. */
  get at(): number {
    return this.#at;
  }

  get hasMore(): boolean {
    return this.#at < this.#shelf.ring.end;
  }

  /** Whether all that was handed out has been acknowledged. */
  get isSettled(): boolean {
    return this.#used >= this.#at;
  }

  /** At most so many bytes; null where there is nothing now. */
  next(limit: number): Piece | null {
    const { ring } = this.#shelf;
    const dropped = this.#missing + Math.max(0, ring.start - this.#at);
    if (dropped > 0) {
      this.#at = Math.max(this.#at, ring.start);
      this.#missing = 0;
      return { dropped };
    }
    const bytes = ring.read(this.#at, limit);
    this.#at += bytes.length;
    return bytes.length === 0 ? null : { bytes };
  }

  /** The reader has used so many bytes more of what it got. */
  acknowledge(bytes: number): void {
    const more = Math.min(bytes, this.#at - this.#used);
    this.#used += more;
    this.#shelf.acknowledged(this, more);
    this.tell();
  }

  leave(): void {
    this.#shelf.left(this);
  }

  tell(): void {
    const told = this.onNews;
    this.onNews = null;
    told?.();
  }
}

export class OutputFlow {
  readonly #ring: ByteRing;
  readonly #pipe: ProgramOutput;
  readonly #options: FlowOptions;
  readonly #shelf: Shelf;
  readonly #copies = new Set<Reader>();
  #taker: Reader | null = null;
  /** Offset up to which everything was taken. */
  #taken = 0;
  /** Offset of the oldest byte that waits to be taken; those between the two were dropped. */
  #oldest = 0;
  #takenBytes = 0;
  #droppedBytes = 0;
  /** Bytes that went nowhere since the pipe was left alone. */
  #lost = 0;
  #paused = false;
  #ended = false;
  #discards = false;

  constructor(pipe: ProgramOutput, options: FlowOptions) {
    this.#pipe = pipe;
    this.#ring = new ByteRing(options.capacity);
    this.#options = options;
    this.#shelf = {
      ring: this.#ring,
      acknowledged: (reader, bytes) => this.#acknowledged(reader, bytes),
      left: (reader) => this.#left(reader),
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  get hasTaker(): boolean {
    return this.#taker !== null;
  }

  figures(): FlowFigures {
    return { Kept: this.#waiting, Taken: this.#takenBytes, Dropped: this.#droppedBytes, Ended: this.#ended };
  }

  push(chunk: Uint8Array): void {
    if (this.#discards) return this.#lose(chunk.length);
    this.#ring.push(chunk);
    this.#settle();
    this.#tell();
  }

  finish(): void {
    this.#ended = true;
    this.#tell();
  }

  /** Looks into the pipe, as far as there is room. @returns the offset up to which a reader may go that waits for nothing */
  poll(): number {
    if (!this.#ended && !this.#discards) this.#pipe.poll(this.#holds ? this.#options.capacity - this.#waiting : PIPE);
    // What stands before a ring that is full is there as well, and comes in when there is room.
    return this.#ring.end + (this.#paused ? PIPE : 0);
  }

  /** Begins with the first byte that nobody has acknowledged. To be called where there is no other taker. */
  take(): Reader {
    this.#taker = new Reader(this.#shelf, this.#oldest, this.#oldest - this.#taken);
    this.#settle();
    return this.#taker;
  }

  /** Begins with the oldest byte that is kept. */
  copy(): Reader {
    const { start } = this.#ring;
    const copy = new Reader(this.#shelf, start, start < this.#oldest ? 0 : this.#oldest - this.#taken);
    this.#copies.add(copy);
    return copy;
  }

  /** From now on nothing is kept: what the process writes goes nowhere, so that it is not held up. */
  discard(): void {
    this.#discards = true;
    this.#oldest = this.#taken = this.#ring.end;
    this.#ring.forget(this.#ring.end);
    this.#settle();
  }

  get #waiting(): number {
    return this.#ring.end - this.#oldest;
  }

  /** Whether the process waits where the ring is full. */
  get #holds(): boolean {
    return !this.#discards && (this.#taker !== null || this.#options.blocks);
  }

  #acknowledged(reader: Reader, bytes: number): void {
    if (reader !== this.#taker || bytes === 0) return;
    this.#takenBytes += bytes;
    this.#oldest += bytes;
    this.#taken = this.#oldest;
    this.#settle();
  }

  #left(reader: Reader): void {
    this.#copies.delete(reader);
    if (reader === this.#taker) this.#taker = null;
    this.#settle();
  }

  #settle(): void {
    const { capacity } = this.#options;
    if (!this.#holds && this.#waiting > capacity) {
      const dropped = this.#waiting - capacity;
      this.#droppedBytes += dropped;
      this.#oldest += dropped;
      this.#lose(dropped);
    }
    // What was taken is kept for those who copy, as long as it fits.
    const copied = Math.min(...[...this.#copies].map((copy) => copy.at), this.#oldest);
    this.#ring.forget(Math.max(copied, Math.min(this.#oldest, this.#ring.end - capacity)));
    this.#regulate();
  }

  /** A program that writes and writes for nobody is slowed down before it costs us a processor. */
  #lose(bytes: number): void {
    this.#lost += bytes;
    if (this.#lost < PIPE) return;
    this.#lost = 0;
    this.#pipe.rest?.();
  }

  #regulate(): void {
    const { capacity } = this.#options;
    if (this.#holds && this.#waiting >= capacity) {
      if (!this.#paused) this.#pipe.pause();
      this.#paused = true;
    } else if (this.#paused && (!this.#holds || this.#waiting <= capacity / 2)) {
      this.#paused = false;
      this.#pipe.resume();
    }
  }

  #tell(): void {
    this.#taker?.tell();
    for (const copy of this.#copies) copy.tell();
  }
}
