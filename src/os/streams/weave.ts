/**
 * Joins the bytes of several sources into one sequence without tearing anybody's line.
 *
 * One source alone passes straight through (unless its lines are stamped or the file rotates, which need
 * whole lines). With several, each keeps its unfinished line back until it is finished. When a source that
 * was alone has left a line open and another one has something to say, that one waits a moment for the end
 * of the line; where the end does not come, the line is ended for it.
 */
import type { Cancel, Clock } from "../../core/ports.js";
import { type Inlet, LINE_LIMIT, NEWLINE, type Origin } from "./sink.js";

/** Puts something around whole lines on their way, such as a time. */
export type Frame = (lines: Buffer, origin: Origin, put: (bytes: Buffer) => void) => void;

export interface Cloth {
  push(bytes: Buffer, origin: Origin): void;
  /** Whole lines are needed even from a source that is alone. */
  wholeLines(): boolean;
}

/** Milliseconds after which an unfinished line of a single source is passed on, and after which others wait no longer for its end. */
const PATIENCE = 1_000;
const LINE_END = Buffer.from("\n");

interface Strand {
  readonly origin: Origin;
  readonly frame: Frame | null;
  kept: Buffer[];
  keptSize: number;
  /** It waits for the end of another strand's line: `kept` may hold many lines. */
  held: boolean;
}

export class Weave {
  readonly #cloth: Cloth;
  readonly #clock: Clock;
  readonly #strands = new Set<Strand>();
  /** Whose unfinished line stands last. */
  #open: Strand | null = null;
  /** The same when that source is no more, or is not waited for any longer. */
  #abandoned: Origin | null = null;
  #timer: Cancel | null = null;

  constructor(cloth: Cloth, clock: Clock) {
    this.#cloth = cloth;
    this.#clock = clock;
  }

  join(origin: Origin, frame: Frame | null): Inlet {
    const strand: Strand = { origin, frame, kept: [], keptSize: 0, held: false };
    this.#strands.add(strand);
    // The same source comes back in other clothes: it goes on with its line.
    if (this.#abandoned === origin && frame === null) {
      this.#abandoned = null;
      this.#open = strand;
    }
    const isOpen = (): boolean => this.#open === strand;
    return {
      get midLine(): boolean {
        return isOpen();
      },
      push: (chunk) => this.#push(strand, chunk),
      end: () => this.#end(strand),
      leave: () => this.#leave(strand),
    };
  }

  close(): void {
    this.#timer?.();
    this.#timer = null;
  }

  #push(strand: Strand, chunk: Buffer): void {
    if (this.#open !== null && this.#open !== strand) this.#hold(strand, chunk);
    else this.#deliver(strand, chunk);
  }

  #deliver(strand: Strand, chunk: Buffer): void {
    if (this.#strands.size === 1 && strand.frame === null && !this.#cloth.wholeLines()) {
      this.#emit(strand, takeKept(strand));
      this.#emit(strand, chunk);
      return;
    }
    const cut = chunk.lastIndexOf(NEWLINE) + 1;
    if (cut > 0) {
      this.#emitLines(strand, chunk.subarray(0, cut));
      if (cut < chunk.length) this.#keep(strand, chunk.subarray(cut));
    } else if (this.#open === strand) {
      this.#emit(strand, chunk);
    } else {
      this.#keep(strand, chunk);
    }
  }

  #emitLines(strand: Strand, lines: Buffer): void {
    // With a frame the first line has to be in one piece, else two pieces are as good.
    if (strand.frame === null) {
      this.#emit(strand, takeKept(strand));
      this.#emit(strand, lines);
    } else {
      this.#emit(strand, strand.keptSize === 0 ? lines : Buffer.concat([takeKept(strand), lines]));
    }
  }

  #emit(strand: Strand, bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (this.#abandoned !== null) this.#cloth.push(LINE_END, strand.origin);
    this.#abandoned = null;
    if (strand.frame === null) {
      this.#cloth.push(bytes, strand.origin);
      this.#open = bytes[bytes.length - 1] === NEWLINE ? null : strand;
    } else {
      strand.frame(bytes, strand.origin, (framed) => this.#cloth.push(framed, strand.origin));
      this.#open = null;
    }
    if (this.#open === null) this.#release();
  }

  #keep(strand: Strand, bytes: Buffer): void {
    strand.kept.push(Buffer.from(bytes));
    strand.keptSize += bytes.length;
    if (strand.keptSize > LINE_LIMIT) this.#emit(strand, takeKept(strand));
    else if (this.#strands.size === 1 && strand.frame === null) this.#wait();
  }

  #hold(strand: Strand, chunk: Buffer): void {
    strand.kept.push(Buffer.from(chunk));
    strand.keptSize += chunk.length;
    strand.held = true;
    if (strand.keptSize > LINE_LIMIT) this.#endOpenLine();
    else this.#wait();
  }

  #wait(): void {
    this.#timer ??= this.#clock.after(PATIENCE, () => {
      this.#timer = null;
      const [strand] = this.#strands;
      if (this.#anyHeld()) this.#endOpenLine();
      else if (this.#strands.size === 1 && strand !== undefined && strand.frame === null) this.#emit(strand, takeKept(strand));
    });
  }

  #anyHeld(): boolean {
    for (const strand of this.#strands) if (strand.held) return true;
    return false;
  }

  #endOpenLine(): void {
    if (this.#open !== null) this.#abandoned = this.#open.origin;
    this.#open = null;
    this.#release();
  }

  /** No living strand's line is open any more: those that waited for its end go on. */
  #release(): void {
    for (const strand of this.#strands) {
      if (!strand.held) continue;
      strand.held = false;
      this.#push(strand, takeKept(strand));
    }
  }

  #end(strand: Strand): void {
    // It cannot wait any longer for the end of another's line.
    if (strand.held) this.#endOpenLine();
    this.#emit(strand, takeKept(strand));
    this.#leave(strand);
  }

  #leave(strand: Strand): Buffer {
    const kept = takeKept(strand);
    this.#strands.delete(strand);
    if (this.#open === strand) this.#endOpenLine();
    const [last] = this.#strands;
    if (this.#strands.size === 1 && last !== undefined && last.keptSize > 0) this.#wait();
    return kept;
  }
}

const NOTHING = Buffer.alloc(0);

function takeKept(strand: Strand): Buffer {
  if (strand.keptSize === 0) return NOTHING;
  const [first] = strand.kept;
  const all = strand.kept.length === 1 && first !== undefined ? first : Buffer.concat(strand.kept, strand.keptSize);
  strand.kept = [];
  strand.keptSize = 0;
  return all;
}
