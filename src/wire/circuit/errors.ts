/** What may go wrong with a call, as a word that programs can compare. */

export const ERROR_CODES = [
  /** The path, or the server in it, is not there. */
  "no-such-anchor",
  "no-such-server",
  /** The anchor holds nothing, or another element than the call is for, or the element is gone. */
  "no-such-element",
  "wrong-element",
  /** The anchor holds an element already. */
  "occupied",
  /** Somebody else reads or writes there, and only one may. */
  "busy",
  /** The channel or the stream was closed. */
  "closed",
  /** The element was scrubbed while the call waited. */
  "scrubbed",
  /** The other side of a message went away before it was complete, or before it was acknowledged. */
  "aborted",
  /** The process could not be started, signalled or found. */
  "process",
  /** The host cannot do it: no container engine, no such address to bind. */
  "unavailable",
  /** The caller's mistake: a parameter that is none. */
  "invalid",
  "unknown-method",
  "deadline",
  "cancelled",
  /** The link to the server, or from one server to the other, broke. */
  "lost",
  /** Too much at once. */
  "overload",
  "refused",
  "internal",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** A call that did not succeed. @example `if (error instanceof CircuitError && error.code === "occupied") …` */
export class CircuitError extends Error {
  override readonly name = "CircuitError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
