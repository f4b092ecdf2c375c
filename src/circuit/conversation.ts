/**
 * What two programs say to each other over one link: calls in both directions, each with streams, a deadline and a way
 * to cancel it. This file is the port that the rest of the room and the servers are written against.
 */
import type { LinkEnd } from "../wire/circuit/link.js";
import type { MethodName, MethodResult, Params } from "../wire/circuit/contract.js";
import type { Part } from "../wire/circuit/packet.js";
import type { ErrorCode } from "../wire/circuit/errors.js";

export interface OpenOptions {
  /** Milliseconds for the whole call; null waits for ever. @default 30 s */
  readonly deadline?: number | null;
  /** Cancels it; the other side is told. */
  readonly signal?: AbortSignal;
  /** Server that is meant; the one at the other end unless given. */
  readonly to?: string | null;
  /** Data that goes with the opening. */
  readonly body?: Uint8Array;
  /** No more data follows. @default true */
  readonly ended?: boolean;
}

/** One side's view of the data of a call. */
export interface Stream {
  /** Resolves when there is credit for it and it has been handed to the link. @throws CircuitError when the call has ended */
  send(part: Part): Promise<void>;
  /** No more from this side. */
  end(): void;
  /**
   * What the other side sends, until it ends. A part counts as used, and is credited, when the next one is asked for or the
   * loop is left. @throws CircuitError when the call fails
   */
  parts(): AsyncIterable<Part>;
}

/** A call that this side has opened. */
export interface Call<M extends MethodName> extends Stream {
  /** @throws CircuitError */
  readonly result: Promise<MethodResult<M>>;
  /** Tells the other side and fails the result with `cancelled`. After the end it does nothing. */
  cancel(reason: string): void;
  /** Runs it once everything that has arrived by now was handed out, so that one part may stand for many. */
  soon(run: () => void): void;
}

/** A call that the other side has opened. */
export interface IncomingCall extends Stream {
  readonly method: string;
  /** Unchecked. */
  readonly params: unknown;
  /** The server that is meant; null for this one. */
  readonly to: string | null;
  /** Who asks. */
  readonly conversation: Conversation;
  /** Aborted when the caller cancels or goes away, when the deadline is over, and when the link ends. */
  readonly signal: AbortSignal;
  /** Called with the number of bytes of bodies whenever the other side has used some of what it was sent; values are not counted. */
  onCredit(used: (bytes: number) => void): void;
  /** Whether the other side has ended its data, and nothing of it is unread. */
  readonly isDrained: boolean;
  reply(value: unknown): void;
  fail(code: ErrorCode, message: string): void;
}

export interface Conversation {
  /** For messages and logs. */
  readonly peer: string;
  /** Null while it stands. */
  readonly end: LinkEnd | null;
  /** Resolves when the link has ended. */
  readonly ended: Promise<LinkEnd>;
  /** No call of either side is open. */
  readonly isIdle: boolean;
  /** Opens a call. A link that has ended fails the call, it does not throw. */
  open<M extends MethodName>(method: M, params: Params<M>, options?: OpenOptions): Call<M>;
  /** A call without streams. @throws CircuitError */
  ask<M extends MethodName>(method: M, params: Params<M>, options?: OpenOptions): Promise<MethodResult<M>>;
  /**
   * Hands an incoming call on, packet by packet, as a call of this conversation: credit, cancellation and answers pass
   * through, nothing is kept on the way. The deadline is shortened by what has passed. Nothing of the call may have been
   * sent yet, and it must not be used any more.
   */
  relay(incoming: IncomingCall): void;
  close(reason: string): void;
}
