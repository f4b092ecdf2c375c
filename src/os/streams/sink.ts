/**
 * What lies between the reader of a worker's output and the place where it is kept: the vocabulary that
 * channels and places share. It holds no behaviour but the limits, which docs/streams.md tells operators.
 */

/** Bytes that one channel lost, counted wherever they are lost. */
export interface Account {
  dropped: number;
}

/** Whose bytes they are. */
export interface Origin {
  readonly pid: number;
  readonly account: Account;
}

/** The way of one source into a sink. A chunk is only valid during the call. */
export interface Inlet {
  /** The sink has passed on the beginning of a line whose end is still to come. */
  readonly midLine: boolean;
  push(chunk: Buffer): void;
  /** The source is at its end: what it left unfinished is written. */
  end(): void;
  /** The source moves to another sink: gives back its unfinished line. */
  leave(): Buffer;
}

/** Told when the sink can take no more for now and when it can again. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** A place that takes the bytes of many sources. */
export interface Sink {
  readonly congested: boolean;
  join(origin: Origin): Inlet;
  subscribe(flow: Flow): void;
  unsubscribe(flow: Flow): void;
  reopen(): void;
  /** Resolves when all that was pushed until now is written or dropped, or nobody is left who would take it. */
  settled(): Promise<void>;
  /** Gives up what is left, in favour of that account's count, and lets go of the file. */
  close(account: Account): Promise<void>;
}

/** Bytes of one sink at which reading pauses. */
export const HIGH_WATER = 4 * 1024 * 1024;
/** Bytes of one sink at which reading goes on. */
export const LOW_WATER = 1024 * 1024;
/** Bytes that one sink keeps while its writes fail. */
export const BACKLOG_LIMIT = 16 * 1024 * 1024;
/** Bytes that all sinks together keep while writes fail. */
export const TOTAL_LIMIT = 128 * 1024 * 1024;
/** Bytes of an unfinished line that are kept before it is cut. */
export const LINE_LIMIT = 1024 * 1024;
/** Milliseconds without progress after which a write that never returns counts as failed. */
export const STALL_LIMIT = 30_000;
/** Milliseconds that closing waits for what is buffered. */
export const CLOSE_LIMIT = 5_000;

export const NEWLINE = 10;
