/** One answer's worth of lines out of the rings of many streams, in the order in which the lines were finished. */
import type { KeptLine, OutputStreamName, Pid } from "../../../core/ports.js";
import type { Ring, RingLine } from "./ring.js";

/** Lines of one answer. */
export const PAGE_LINES = 1_000;
/** Bytes of one answer; a line that is longer is given from its end. */
export const PAGE_BYTES = 512 * 1024;

/** The ring of one stream of one process. */
export interface Reel {
  readonly pid: Pid;
  readonly stream: OutputStreamName;
  readonly ring: Ring;
}

export interface Lines {
  readonly lines: readonly KeptLine[];
  /** Of the last of them; the end where nothing follows. */
  readonly position: number;
  /** Bytes of lines too long for a page that are not in it. */
  readonly cutOff: number;
}

interface Piece {
  readonly reel: Reel;
  readonly index: number;
  readonly position: number;
}

interface Found {
  readonly reel: Reel;
  readonly line: RingLine;
}

/** What follows a position, as far as it fits. */
export function pageAfter(reels: readonly Reel[], { from, end }: { readonly from: number; readonly end: number }): Lines {
  const page = new Page(end);
  for (const { reel, index } of piecesAfter(reels, from)) {
    for (const line of reel.ring.lines(index, from)) if (!page.add({ reel, line })) return page;
  }
  return page;
}

export interface Last {
  /** Null where also what was read before is wanted. */
  readonly from: number | null;
  readonly lines: number | null;
  readonly end: number;
  /** How many lines of one ring count as kept. */
  readonly ringLines: number;
}

/** The last lines, or the first of these where they do not fit. */
export function pageOfLast(reels: readonly Reel[], { from, lines, end, ringLines }: Last): Lines {
  const chosen: Found[] = [];
  const counts = new Map<Ring, number>();
  const wanted = lines ?? Infinity;
  for (const { reel, index } of piecesAfter(reels, from ?? 0).reverse()) {
    if (chosen.length >= wanted) break;
    for (const line of [...reel.ring.lines(index, from ?? 0)].reverse()) {
      const count = (counts.get(reel.ring) ?? 0) + 1;
      if (chosen.length >= wanted || (from === null && count > ringLines)) break;
      counts.set(reel.ring, count);
      chosen.push({ reel, line });
    }
  }
  const page = new Page(end);
  for (const found of chosen.reverse()) if (!page.add(found)) return page;
  return page;
}

function piecesAfter(reels: readonly Reel[], from: number): Piece[] {
  const pieces = reels.flatMap((reel) => reel.ring.pieces(from).map((piece) => ({ reel, ...piece })));
  return pieces.sort((one, other) => one.position - other.position);
}

class Page implements Lines {
  readonly lines: KeptLine[] = [];
  readonly #end: number;
  #last = 0;
  #size = 0;
  #cutOff = 0;
  #full = false;

  constructor(end: number) {
    this.#end = end;
  }

  get position(): number {
    return this.#full ? this.#last : this.#end;
  }

  get cutOff(): number {
    return this.#cutOff;
  }

  /** @returns false where it does not fit any more */
  add({ reel, line }: Found): boolean {
    const surplus = Math.max(0, line.bytes.length - PAGE_BYTES);
    const size = line.bytes.length - surplus;
    if (this.lines.length === PAGE_LINES || (this.lines.length > 0 && this.#size + size > PAGE_BYTES)) {
      this.#full = true;
      return false;
    }
    const { pid, stream } = reel;
    this.lines.push({ pid, stream, time: line.time, bytes: line.bytes.subarray(surplus), cut: line.cut || surplus > 0 });
    this.#size += size;
    this.#cutOff += surplus;
    this.#last = line.position;
    return true;
  }
}
