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

/** The next piece of a ring. */
interface Head {
  readonly reel: Reel;
  index: number;
  position: number;
}

/** From the oldest to the newest, or back. */
type Direction = 1 | -1;

interface Found {
  readonly reel: Reel;
  readonly line: RingLine;
}

/** What follows a position, as far as it fits. */
export function pageAfter(reels: readonly Reel[], { from, end }: { readonly from: number; readonly end: number }): Lines {
  const page = new Page(end);
  for (const { reel, index } of piecesAfter(reels, from, 1)) {
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
  for (const { reel, index } of piecesAfter(reels, from ?? 0, -1)) {
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

/** Looks at one piece of each ring at a time: all those of a thousand processes would hold the daemon up, and few are wanted. */
function* piecesAfter(reels: readonly Reel[], from: number, direction: Direction): Generator<Readonly<Head>> {
  const heads = reels.flatMap((reel): Head[] => {
    const { first, end } = reel.ring.piecesAfter(from);
    const index = direction === 1 ? first : end - 1;
    return first === end ? [] : [{ reel, index, position: reel.ring.endOf(index) }];
  });
  while (heads.length > 0) {
    const next = heads.reduce((best, head) => ((head.position - best.position) * direction < 0 ? head : best));
    yield next;
    const { ring } = next.reel;
    const { first, end } = ring.piecesAfter(from);
    next.index += direction;
    if (next.index < first || next.index >= end) heads.splice(heads.indexOf(next), 1);
    else next.position = ring.endOf(next.index);
  }
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
