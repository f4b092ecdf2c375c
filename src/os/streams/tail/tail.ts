/** What the processes of one watcher wrote last: the port `OutputTail` made real. Who reads it leaves no trace here but a cursor of his own. */
import type { Cancel, Clock, OutputStreamName, OutputTail, Pid, TailPage, TailQuery } from "../../../core/ports.js";
import { formatCursor, isSameSelection, parseCursor } from "./cursor.js";
import { pageAfter, pageOfLast, type Reel } from "./page.js";
import { Ring } from "./ring.js";

/** As many processes of the past are remembered: the last words of a crash are asked for when its successors run. */
export const ENDED_KEPT = 3;
/** More than anybody needs who means well. */
export const MAX_WAITING = 256;

/** Where one stream of a process is kept. */
export interface TailInlet {
  /** Copies what there is room for: the chunk is only valid during the call. */
  push(chunk: Buffer): void;
  end(): void;
}

interface Kept {
  readonly pid: Pid;
  readonly rings: Map<OutputStreamName, Ring>;
  /** Streams that are not at their end. */
  open: number;
}

export interface TailContext {
  readonly clock: Pick<Clock, "epoch">;
  /** Tells this tail's cursors from those of another. */
  readonly life: string;
}

export class Tail implements OutputTail {
  readonly #context: TailContext;
  readonly #living = new Map<object, Kept>();
  #ended: Kept[] = [];
  readonly #waiting = new Set<() => void>();
  #lines = 0;
  #closed = false;
  /** Finished bytes of all streams, those of forgotten processes too: the position of the last line. */
  #position = 0;
  readonly #forgotten: Record<OutputStreamName, number> = { stdout: 0, stderr: 0 };

  constructor(context: TailContext) {
    this.#context = context;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  resize(lines: number): void {
    if (lines === this.#lines || this.#closed) return;
    this.#lines = lines;
    for (const ring of this.#rings()) ring.resize(lines);
  }

  /** Keeps what a stream of a process says from now on. The same object says that it is the same process. */
  begin(process: { readonly pid: Pid }, stream: OutputStreamName): TailInlet {
    const kept = this.#living.get(process) ?? { pid: process.pid, rings: new Map<OutputStreamName, Ring>(), open: 0 };
    const ring = new Ring(this.#lines);
    kept.rings.set(stream, ring);
    kept.open += 1;
    this.#living.set(process, kept);
    return {
      push: (chunk) => this.#take(ring, ring.append(chunk)),
      end: () => {
        this.#take(ring, ring.finish());
        kept.open -= 1;
        if (kept.open === 0 && this.#living.delete(process)) this.#retire(kept);
      },
    };
  }

  knows(pid: Pid): boolean {
    return this.#all().some((kept) => kept.pid === pid);
  }

  read(query: TailQuery): TailPage {
    const reels = this.#reels(query);
    const cursor = query.after === null ? null : parseCursor(query.after, this.#context.life);
    const from = query.after === null ? null : cursor !== null && cursor.position <= this.#position ? cursor.position : 0;
    const page =
      from === null || query.lines !== null
        ? pageOfLast(reels, { from, lines: query.lines, end: this.#position, ringLines: this.#lines })
        : pageAfter(reels, { from, end: this.#position });
    const finished = this.#finished(query, reels);
    const left = (position: number): number => reels.reduce((sum, { ring }) => sum + ring.available(position), 0);
    const counted = cursor === null ? 0 : cursor.counted;
    const isComparable = from !== null && (cursor === null || isSameSelection(cursor, query));
    const pushedOut = isComparable ? Math.max(0, finished - counted - left(from)) : 0;
    return {
      lines: page.lines,
      cursor: formatCursor({ position: page.position, counted: finished - left(page.position), ...query }, this.#context.life),
      missed: pushedOut + page.cutOff,
      full: page.position < this.#position && left(page.position) > 0,
    };
  }

  onNews(run: () => void): Cancel | null {
    if (this.#waiting.size >= MAX_WAITING) return null;
    const waiter = (): void => run();
    this.#waiting.add(waiter);
    return () => void this.#waiting.delete(waiter);
  }

  close(): void {
    this.#closed = true;
    this.#lines = 0;
    for (const ring of this.#rings()) ring.resize(0);
    this.#living.clear();
    this.#ended = [];
    this.#tell();
  }

  #take(ring: Ring, finished: number): void {
    if (finished === 0) return;
    this.#position += finished;
    ring.mark(this.#position, this.#context.clock.epoch());
    if (this.#waiting.size > 0) this.#tell();
  }

  #tell(): void {
    for (const run of [...this.#waiting]) run();
  }

  /** One that has said nothing is not worth a place among those that ended. */
  #retire(kept: Kept): void {
    const rings = [...kept.rings.values()];
    if (rings.every((ring) => ring.isEmpty)) return this.#forget(kept);
    for (const ring of rings) ring.trim();
    this.#ended.push(kept);
    for (const oldest of this.#ended.splice(0, this.#ended.length - ENDED_KEPT)) this.#forget(oldest);
  }

  #forget(kept: Kept): void {
    for (const [stream, ring] of kept.rings) this.#forgotten[stream] += ring.done;
  }

  #all(): readonly Kept[] {
    return [...this.#ended, ...this.#living.values()];
  }

  #rings(): readonly Ring[] {
    return this.#all().flatMap(({ rings }) => [...rings.values()]);
  }

  #reels({ pid, stream }: TailQuery): readonly Reel[] {
    const wanted = this.#all().filter((kept) => pid === null || kept.pid === pid);
    return wanted.flatMap((kept) =>
      [...kept.rings].flatMap(([name, ring]) => (stream === null || stream === name ? [{ pid: kept.pid, stream: name, ring }] : [])),
    );
  }

  /** Bytes of all lines that the query could ever ask for. */
  #finished({ pid, stream }: TailQuery, reels: readonly Reel[]): number {
    const { stdout, stderr } = this.#forgotten;
    const forgotten = stream === null ? stdout + stderr : this.#forgotten[stream];
    return reels.reduce((sum, { ring }) => sum + ring.done, pid === null ? forgotten : 0);
  }
}
