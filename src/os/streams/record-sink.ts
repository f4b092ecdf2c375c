/**
 * A sink for streams that take records instead of bytes: QueueStream and a user's own class. One record at
 * a time is given; one that fails is dropped and counted; a taker that hangs makes others wait in a bounded
 * queue, of which the newest are dropped once it has hung for STALL_LIMIT.
 */
import type { Cancel, Clock, Log } from "../../core/ports.js";
import {
  type Account,
  BACKLOG_LIMIT,
  type Flow,
  HIGH_WATER,
  type Inlet,
  LINE_LIMIT,
  LOW_WATER,
  NEWLINE,
  type Origin,
  type Sink,
  STALL_LIMIT,
} from "./sink.js";

/** What QueueStream and a user's own stream get. */
export interface StreamRecord {
  /** As the worker wrote it; whole lines where several workers share the stream. */
  readonly data: Buffer;
  readonly pid: number;
  readonly name: "stdout" | "stderr";
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

/** Whoever takes records. `put` may throw, reject or never come back. */
export interface Taker {
  put(record: StreamRecord, account: Account): unknown;
  close(): Promise<void>;
}

export interface RecordContext {
  readonly log: Log;
  readonly clock: Clock;
  readonly label: string;
  readonly name: "stdout" | "stderr";
}

interface Waiting {
  readonly record: StreamRecord;
  readonly account: Account;
}

interface Source {
  readonly origin: Origin;
  kept: Buffer;
  midLine: boolean;
}

export class RecordSink implements Sink {
  readonly #taker: Taker;
  readonly #context: RecordContext;
  readonly #flows = new Set<Flow>();
  readonly #sources = new Set<Source>();
  #queue: Waiting[] = [];
  #size = 0;
  #busy = false;
  #closed = false;
  #congested = false;
  #stalled = false;
  #stallTimer: Cancel | null = null;
  #told = false;
  #failed = 0;
  #waiters: (() => void)[] = [];

  constructor(taker: Taker, context: RecordContext) {
    this.#taker = taker;
    this.#context = context;
  }

  get congested(): boolean {
    return this.#congested;
  }

  join(origin: Origin): Inlet {
    const source: Source = { origin, kept: Buffer.alloc(0), midLine: false };
    this.#sources.add(source);
    return {
      get midLine(): boolean {
        return source.midLine;
      },
      push: (chunk) => this.#push(source, chunk),
      end: () => {
        this.#enqueue(source, source.kept);
        this.#sources.delete(source);
      },
      leave: () => {
        this.#sources.delete(source);
        return source.kept;
      },
    };
  }

  subscribe(flow: Flow): void {
    this.#flows.add(flow);
  }

  unsubscribe(flow: Flow): void {
    this.#flows.delete(flow);
  }

  /** There is no file to open again. */
  reopen(): void {
    this.#context.log.debug(`Nothing to reopen: ${this.#context.label} is no file`);
  }

  settled(): Promise<void> {
    if (!this.#busy && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  async close(account: Account): Promise<void> {
    this.#closed = true;
    this.#stallTimer?.();
    account.dropped += this.#size;
    this.#size = 0;
    this.#queue = [];
    const late = new Promise<void>((resolve) => this.#context.clock.after(1_000, resolve));
    await Promise.race([late, this.#taker.close().catch((error: unknown) => this.#tell("close", error))]);
  }

  #push(source: Source, chunk: Buffer): void {
    const whole = source.kept.length === 0 ? chunk : Buffer.concat([source.kept, chunk]);
    const cut = this.#sources.size === 1 || whole.length > LINE_LIMIT ? whole.length : whole.lastIndexOf(NEWLINE) + 1;
    this.#enqueue(source, whole.subarray(0, cut));
    source.kept = Buffer.from(whole.subarray(cut));
  }

  #enqueue(source: Source, data: Buffer): void {
    if (data.length === 0) return;
    source.midLine = data[data.length - 1] !== NEWLINE;
    const { account, pid } = source.origin;
    if (this.#closed || (this.#stalled && this.#size + data.length > BACKLOG_LIMIT)) {
      account.dropped += data.length;
      return;
    }
    const record = { data: Buffer.from(data), pid, name: this.#context.name, timestamp: this.#context.clock.epoch() };
    this.#queue.push({ record, account });
    this.#size += data.length;
    this.#judge();
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#give(next);
      if (this.#closed) break;
      this.#size -= next.record.data.length;
      this.#stallTimer?.();
      this.#stallTimer = null;
      this.#stalled = false;
      this.#judge();
    }
    this.#busy = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  async #give({ record, account }: Waiting): Promise<void> {
    try {
      const result = this.#taker.put(record, account);
      if (isThenable(result)) await result;
      if (this.#told && !this.#closed)
        this.#context.log.warning(`Writing again to ${this.#context.label}: ${this.#failed} bytes were dropped`);
      this.#told = false;
      this.#failed = 0;
    } catch (error) {
      account.dropped += record.data.length;
      this.#failed += record.data.length;
      if (!this.#told && !this.#closed) this.#tell("write", error);
      this.#told = true;
    }
  }

  #tell(what: string, error: unknown): void {
    const { log, label } = this.#context;
    log.error(`Cannot ${what} ${label}: ${error instanceof Error ? error.message : String(error)}`);
  }

  #judge(): void {
    const congested = !this.#stalled && !this.#closed && this.#size > (this.#congested ? LOW_WATER : HIGH_WATER);
    if (congested) this.#stallTimer ??= this.#context.clock.after(STALL_LIMIT, () => this.#stall());
    if (congested === this.#congested) return;
    this.#congested = congested;
    for (const flow of this.#flows) {
      if (congested) flow.pause();
      else flow.resume();
    }
  }

  #stall(): void {
    this.#stallTimer = null;
    this.#stalled = true;
    this.#tell("write", `nothing was taken for ${STALL_LIMIT / 1000} s; what no longer fits into ${BACKLOG_LIMIT} bytes is dropped`);
    this.#judge();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
