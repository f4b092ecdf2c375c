/**
 * Moves bytes into a place that may be slow, full or broken, one write at a time, without ever making the
 * caller wait:
 *
 * - a place that is merely slow makes the pump congested: reading pauses until it has caught up;
 * - a place that fails (or takes nothing for STALL_LIMIT) is tried again for as long as it takes. Reading
 *   goes on, BACKLOG_LIMIT bytes are kept, and of what comes after that whole lines are dropped and counted.
 */
import type { Cancel, Clock, Log } from "../../core/ports.js";
import { Backlog, type BlockPool } from "./backlog.js";
import { type Account, BACKLOG_LIMIT, type Flow, HIGH_WATER, LOW_WATER, NEWLINE, STALL_LIMIT, TOTAL_LIMIT } from "./sink.js";

/** Where the bytes go. */
export interface Target {
  /** Writes some of the leading bytes and tells how many; 0 means "not now". Rejects with the system's error. */
  write(bytes: Buffer): Promise<number>;
  /** Looks anew where its path leads, at the next write. */
  reopen(): void;
  close(): Promise<void>;
}

export interface PumpContext {
  readonly log: Log;
  readonly clock: Clock;
  readonly pool: BlockPool;
  /** For messages: `"/var/log/web.log" for stdout of watcher "web"`. */
  readonly label: string;
}

/** Milliseconds in which small pieces are gathered into one write. */
const GATHER = 2;
/** Bytes that are written without gathering more. */
const WORTH_WRITING = 64 * 1024;
/** Milliseconds between two tries of a place that fails, doubled each time. */
const FIRST_RETRY = 100;
const LAST_RETRY = 1_000;
/** The same for a pipe or terminal that is full. */
const FIRST_LOOK = 1;
const LAST_LOOK = 50;

interface Waiter {
  readonly mark: number;
  readonly resolve: () => void;
}

export class Pump {
  readonly target: Target;
  readonly #context: PumpContext;
  readonly #backlog: Backlog;
  readonly #flows = new Set<Flow>();
  #timer: Cancel | null = null;
  #stallTimer: Cancel | null = null;
  #write: Promise<void> | null = null;
  #closed = false;
  #congested = false;
  /** Writes fail, or one never returns: dropping is allowed, pausing is not. */
  #failing = false;
  /** Nobody reads at the other end: there is nothing to wait for, though a named pipe may find a new reader. */
  #deserted = false;
  /** The failure was told and its end was not. */
  #told = false;
  #droppedSinceTold = 0;
  #delay = 0;
  /** The last byte that was kept is no line end. */
  #open = false;
  /** The beginning of a line was dropped, its rest is to be too. */
  #skipping = false;
  #pushed = 0;
  #passed = 0;
  #waiters: Waiter[] = [];

  constructor(target: Target, context: PumpContext) {
    this.target = target;
    this.#context = context;
    this.#backlog = new Backlog(context.pool);
  }

  get congested(): boolean {
    return this.#congested;
  }

  subscribe(flow: Flow): void {
    this.#flows.add(flow);
  }

  unsubscribe(flow: Flow): void {
    this.#flows.delete(flow);
  }

  /** Takes a copy of the bytes, or counts them as dropped. */
  push(bytes: Buffer, account: Account): void {
    const kept = this.#keep(bytes, account);
    if (kept.length === 0) return;
    this.#backlog.push(kept);
    this.#pushed += kept.length;
    this.#open = kept[kept.length - 1] !== NEWLINE;
    this.#schedule();
    this.#judge();
  }

  /** Resolves when all that was pushed until now is written, or when it turns out that nobody reads it. */
  settled(): Promise<void> {
    if (this.#passed === this.#pushed) return Promise.resolve();
    // Whether there is a reader again is found out at once; other failures are given the time they ask for.
    if (this.#write === null && (!this.#failing || this.#deserted)) this.#start();
    return new Promise((resolve) => this.#waiters.push({ mark: this.#pushed, resolve }));
  }

  /** Drops what is left, waits for a write that is under way (but no longer than a stall) and closes the target. */
  async close(account: Account): Promise<void> {
    this.#closed = true;
    this.#timer?.();
    this.#stallTimer?.();
    this.#drop(this.#backlog.clear(), account);
    this.#advance(this.#pushed);
    if (this.#told) this.#tellEnd("Closed");
    // A write that never returns keeps its descriptor: closing it would hand the number to somebody else.
    const closed = (this.#write ?? Promise.resolve()).then(() => this.target.close());
    await Promise.race([closed, new Promise<void>((resolve) => this.#context.clock.after(LAST_RETRY, resolve))]);
  }

  /** What there is room for, in whole lines. */
  #keep(bytes: Buffer, account: Account): Buffer {
    let rest = bytes;
    if (this.#skipping) {
      const end = rest.indexOf(NEWLINE) + 1;
      this.#skipping = end === 0;
      this.#drop(end === 0 ? rest.length : end, account);
      rest = end === 0 ? rest.subarray(rest.length) : rest.subarray(end);
    }
    if (rest.length === 0 || this.#hasRoom(rest.length)) return rest;
    // The line that was begun is finished, unless its end is not here either.
    const end = this.#open ? rest.indexOf(NEWLINE) + 1 : 0;
    if (end < rest.length) this.#skipping = rest[rest.length - 1] !== NEWLINE;
    this.#drop(rest.length - end, account);
    return rest.subarray(0, end);
  }

  #hasRoom(count: number): boolean {
    if (this.#closed) return false;
    if (!this.#failing) return true;
    return this.#backlog.size + count <= BACKLOG_LIMIT && this.#context.pool.waiting + count <= TOTAL_LIMIT;
  }

  #drop(count: number, account: Account): void {
    account.dropped += count;
    this.#droppedSinceTold += count;
  }

  #schedule(): void {
    if (this.#write !== null) return;
    if (this.#timer === null) this.#timer = this.#context.clock.after(GATHER, () => this.#start());
    else if (this.#backlog.size >= WORTH_WRITING && this.#delay === 0) this.#start();
  }

  #start(): void {
    this.#timer?.();
    this.#timer = null;
    if (this.#write !== null || this.#closed) return;
    this.#write = this.#run().finally(() => {
      this.#write = null;
      if (this.#deserted) this.#resolveUpTo(this.#pushed);
      if (this.#backlog.size > 0 && !this.#closed) this.#schedule();
    });
  }

  async #run(): Promise<void> {
    for (;;) {
      const bytes = this.#backlog.first();
      if (bytes === null || this.#closed) return;
      const delay = await this.#attempt(bytes);
      if (this.#closed) return;
      this.#delay = delay;
      if (delay > 0) {
        this.#timer = this.#context.clock.after(delay, () => this.#start());
        return;
      }
      if (this.#backlog.size < WORTH_WRITING && this.#waiters.length === 0) return;
    }
  }

  /** Tries once; returns after how many milliseconds to go on, 0 at once. */
  async #attempt(bytes: Buffer): Promise<number> {
    let count: number;
    try {
      count = await this.target.write(bytes);
    } catch (error) {
      if (!this.#closed) this.#fail(reasonOf(error));
      this.#deserted = isDesertion(error);
      return Math.min(LAST_RETRY, this.#delay === 0 ? FIRST_RETRY : this.#delay * 2);
    }
    if (this.#closed) return 0;
    this.#deserted = false;
    if (count === 0) return Math.min(LAST_LOOK, this.#delay === 0 ? FIRST_LOOK : this.#delay * 2);
    this.#backlog.shift(count);
    this.#advance(this.#passed + count);
    this.#stallTimer?.();
    this.#stallTimer = null;
    // A full disk often takes a few last bytes: only a write of everything that was offered shows that space is back.
    if (count === bytes.length) this.#failing = false;
    this.#judge();
    return 0;
  }

  #advance(passed: number): void {
    this.#passed = passed;
    this.#resolveUpTo(passed);
  }

  #resolveUpTo(mark: number): void {
    const done = this.#waiters.filter((waiter) => waiter.mark <= mark);
    if (done.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.mark > mark);
    for (const waiter of done) waiter.resolve();
  }

  #fail(reason: string): void {
    this.#failing = true;
    if (!this.#told) {
      this.#told = true;
      this.#droppedSinceTold = 0;
      const { log, label } = this.#context;
      log.error(`Cannot write ${label}: ${reason}; it is tried again, up to ${BACKLOG_LIMIT} bytes are kept meanwhile`);
    }
    this.#judge();
  }

  /** Pauses or resumes the sources after what is waiting now. */
  #judge(): void {
    const size = this.#backlog.size;
    if (this.#told && !this.#failing && size <= LOW_WATER) this.#tellEnd("Writing again");
    const congested = !this.#failing && !this.#closed && size > (this.#congested ? LOW_WATER : HIGH_WATER);
    if (congested) this.#stallTimer ??= this.#context.clock.after(STALL_LIMIT, () => this.#stalled());
    if (congested === this.#congested) return;
    this.#congested = congested;
    for (const flow of this.#flows) {
      if (congested) flow.pause();
      else flow.resume();
    }
  }

  #stalled(): void {
    this.#stallTimer = null;
    if (this.#congested) this.#fail(`nothing was taken for ${STALL_LIMIT / 1000} s`);
  }

  #tellEnd(what: string): void {
    this.#told = false;
    this.#context.log.warning(`${what} ${this.#context.label}: ${this.#droppedSinceTold} bytes were dropped`);
    this.#droppedSinceTold = 0;
  }
}

/** EPIPE: the last reader went away; ENXIO: a named pipe is opened and has no reader. */
function isDesertion(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EPIPE" || error.code === "ENXIO");
}

/** The system's words for an error, with its name: `no space left on device (ENOSPC)`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = /^([A-Z0-9]+): ([^,]+)/.exec(error.message);
  return parts === null ? error.message : `${parts[2]} (${parts[1]})`;
}
