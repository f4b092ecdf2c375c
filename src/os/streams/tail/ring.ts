/**
 * The last bytes of one stream of one process, in a circle that grows up to its bound. Bytes are copied in as
 * they come; lines are looked for when somebody asks.
 *
 * ```
 *   forgotten   |  finished lines, in pieces      |  unfinished line
 *   0 ..... base|start ......... marks ....... done|................ end
 * ```
 * All of these count the bytes of the stream since its beginning.
 */
import { NEWLINE } from "../sink.js";
import { Marks } from "./marks.js";

/** Bytes that are kept of a stream for each line of `tail_lines`. */
export const LINE_ALLOWANCE = 256;

const FIRST_ROOM = 1024;
const NOTHING = Buffer.alloc(0);

export interface RingLine {
  /** Without its end. */
  readonly bytes: Buffer;
  /** With its end. */
  readonly length: number;
  /** Its beginning was forgotten. */
  readonly cut: boolean;
  /** In the order of arrival of the watcher's bytes, after its line end. */
  readonly position: number;
  readonly time: number;
}

export class Ring {
  readonly #marks = new Marks();
  #bytes = NOTHING;
  #lines: number;
  #start = 0;
  #end = 0;
  #done = 0;
  /** Where the oldest piece that is marked begins, of which the first bytes may be forgotten. */
  #base = 0;
  /** The byte before `start` is no line end. */
  #torn = false;

  /** @param lines as `tail_lines` says it */
  constructor(lines: number) {
    this.#lines = lines;
  }

  /** Bytes of all lines that were ever finished. */
  get done(): number {
    return this.#done;
  }

  /** Bytes of memory. */
  get room(): number {
    return this.#bytes.length;
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  /** Takes a copy of what there is room for. @returns by how many bytes the finished lines have grown; to be marked then */
  append(chunk: Buffer): number {
    const cut = chunk.lastIndexOf(NEWLINE) + 1;
    const finished = cut === 0 ? 0 : this.#end + cut - this.#done;
    this.#write(chunk);
    this.#done += finished;
    return finished;
  }

  /** Ends the last line. @returns as `append` does */
  finish(): number {
    const finished = this.#end - this.#done;
    this.#done = this.#end;
    return finished;
  }

  /** Tells when the bytes that were just finished came, and where they stand among those of other streams. */
  mark(position: number, time: number): void {
    this.#marks.push({ end: this.#done, position, time });
    this.#forgetMarks();
  }

  resize(lines: number): void {
    this.#lines = lines;
    this.#forgetUpTo(this.#end - this.#limit, NOTHING);
    this.#forgetMarks();
    if (this.room > this.#limit) this.#fit(this.#end - this.#start);
    if (lines === 0) this.#marks.fit(0);
  }

  /** Gives back the memory that it does not fill: nothing comes any more. */
  trim(): void {
    this.#fit(this.#end - this.#start);
    this.#marks.fit(this.#marks.size);
  }

  /** How many bytes of whole lines there are after a position. */
  available(position: number): number {
    return this.#done - this.#resume(position);
  }

  /** The pieces that came after a position: the index of the oldest, and the one behind the newest. */
  piecesAfter(position: number): { readonly first: number; readonly end: number } {
    return { first: this.#marks.after(position), end: this.#marks.size };
  }

  /** The position at which a piece ends. */
  endOf(index: number): number {
    return this.#marks.at(index).position;
  }

  /** The lines of a piece that end after a position. */
  lines(index: number, position: number): readonly RingLine[] {
    const mark = this.#marks.at(index);
    const isFirst = index === this.#marks.after(position);
    let from = isFirst ? this.#resume(position) : this.#beginning(index);
    const found: RingLine[] = [];
    let rest = this.#read(from, mark.end);
    while (rest.length > 0) {
      const length = rest.indexOf(NEWLINE) + 1 || rest.length;
      const bytes = rest.subarray(0, rest[length - 1] === NEWLINE ? length - 1 : length);
      const cut = from === this.#start && this.#torn;
      from += length;
      found.push({ bytes, length, cut, position: mark.position - (mark.end - from), time: mark.time });
      rest = rest.subarray(length);
    }
    return found;
  }

  get #limit(): number {
    return this.#lines * LINE_ALLOWANCE;
  }

  #beginning(index: number): number {
    return index === 0 ? this.#base : this.#marks.at(index - 1).end;
  }

  /** Where to go on after a position: at the beginning of a line, unless there is but the rest of one. */
  #resume(position: number): number {
    const index = this.#marks.after(position);
    if (index === this.#marks.size) return this.#done;
    const mark = this.#marks.at(index);
    const beginning = this.#beginning(index);
    const known = Math.max(0, position - (mark.position - (mark.end - beginning)));
    const from = Math.max(beginning + known, this.#start);
    if (from !== this.#start || !this.#torn) return from;
    const lineEnd = this.#read(from, mark.end).indexOf(NEWLINE);
    const next = lineEnd === -1 ? mark.end : from + lineEnd + 1;
    return next === this.#done ? from : next;
  }

  #write(chunk: Buffer): void {
    const end = this.#end + chunk.length;
    this.#forgetUpTo(end - this.#limit, chunk);
    const from = Math.max(this.#start, this.#end);
    const size = end - this.#start;
    if (size > this.room) this.#fit(Math.min(this.#limit, Math.max(size, this.room * 2, FIRST_ROOM)));
    if (from < end) this.#place(chunk.subarray(from - this.#end), from);
    this.#end = end;
  }

  /** @param coming what follows the last byte that is kept */
  #forgetUpTo(start: number, coming: Buffer): void {
    if (start <= this.#start) return;
    const before = start - 1;
    this.#torn = (before < this.#end ? this.#bytes[before % this.room] : coming[before - this.#end]) !== NEWLINE;
    this.#start = start;
    this.#forgetMarks();
  }

  /** Each piece has at least one line, so that no more pieces than lines are wanted. */
  #forgetMarks(): void {
    while (this.#marks.size > 0 && (this.#marks.size > this.#lines || this.#marks.at(0).end <= this.#start)) {
      this.#base = this.#marks.at(0).end;
      this.#marks.shift();
      if (this.#base <= this.#start) continue;
      this.#start = this.#base;
      this.#torn = false;
    }
  }

  /** Moves what is kept into as much room. */
  #fit(room: number): void {
    const kept = this.#read(this.#start, this.#end);
    this.#bytes = room === 0 ? NOTHING : Buffer.allocUnsafeSlow(room);
    if (kept.length > 0) this.#place(kept, this.#start);
  }

  #place(bytes: Buffer, at: number): void {
    const index = at % this.room;
    const copied = bytes.copy(this.#bytes, index);
    if (copied < bytes.length) bytes.copy(this.#bytes, 0, copied);
  }

  #read(from: number, to: number): Buffer {
    if (from >= to) return NOTHING;
    const bytes = Buffer.allocUnsafe(to - from);
    const index = from % this.room;
    const copied = this.#bytes.copy(bytes, 0, index, Math.min(this.room, index + bytes.length));
    if (copied < bytes.length) this.#bytes.copy(bytes, copied, 0, bytes.length - copied);
    return bytes;
  }
}
