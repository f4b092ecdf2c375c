/**
 * The packets of the circuit's protocol. A *call* is opened by either side of a link and named by a number that its
 * opener chose; after that both sides may send parts of data, the opener may cancel, and the other side answers once,
 * with a result or an error, which ends the call. A cancelled call is answered too, with the error "cancelled" unless the
 * answer was on its way already, so that its opener knows when nothing of it can come any more.
 *
 * Data moves on credit: each side may send as many bytes as the other has granted, WINDOW of them without being asked.
 * Credit is an acknowledgement as well: what was granted again has been used, and need not be kept any longer.
 *
 * Calls are numbered from 1. Credit for call 0 is for the link: so many bytes of messages were received. A link over ZeroMQ
 * gives it and takes it by itself, and ends when too much is never received.
 */

/** Bytes that either side of a call may send before it is granted more. */
export const WINDOW = 1024 * 1024;

/** Of the largest part; larger data is sent in several. */
export const MAX_PART = 256 * 1024;

/** Of the head of a packet, in bytes of JSON. */
export const MAX_HEAD = 1024 * 1024;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface Open {
  readonly kind: "open";
  /** At least 1, and higher than those of all calls that this side has opened before on the link. */
  readonly call: number;
  readonly method: string;
  readonly params: unknown;
  /** Milliseconds that the opener waits; null waits for ever. */
  readonly deadline: number | null;
  /** The server that is meant; null means the one at the other end. */
  readonly to: string | null;
  /** Data that comes with it, as of a short message; it counts against the credit. */
  readonly body: Uint8Array;
  /** The opener sends no more data. */
  readonly ended: boolean;
}

/** Data of a call, in either direction: bytes, or a value with bytes to it. What costs nothing is not sent. */
export interface Part {
  /** Undefined for bytes alone. */
  readonly value?: unknown;
  readonly body: Uint8Array;
}

/**
 * What a part counts against the credit, in bytes: its body, and one for each character of its value in JSON. Both sides
 * come to the same figure.
 */
export function costOf({ value, body }: Part): number {
  return value === undefined ? body.length : body.length + JSON.stringify(value).length;
}

export type Packet =
  | Open
  | { readonly kind: "data"; readonly call: number; readonly mine: boolean; readonly part: Part }
  | { readonly kind: "end"; readonly call: number; readonly mine: boolean }
  /** The sender has used so many bytes of what it was sent. */
  | { readonly kind: "credit"; readonly call: number; readonly mine: boolean; readonly bytes: number }
  | { readonly kind: "result"; readonly call: number; readonly value: unknown }
  | { readonly kind: "error"; readonly call: number; readonly code: string; readonly message: string }
  | { readonly kind: "cancel"; readonly call: number; readonly reason: string }
  /** The link ends in order. */
  | { readonly kind: "bye"; readonly reason: string };

/*
 * `mine` tells whose call the number names: true where the sender of the packet opened it. Numbers are chosen by the
 * opener, so that both sides may use the same one for different calls.
 */
