/** Replies of the control endpoint: written by the daemon, read by clients. Keys stand in Circus's order. */
import { decodeJson, encodeJson, isObject } from "./codec.js";
import { ERRNO, type ErrorReply } from "./contract.js";
import type { Refusal } from "./request.js";

/** What every reply carries besides its own keys; `time` in seconds since the epoch. */
export interface Envelope {
  readonly id: unknown;
  readonly time: number;
}

/** A reply as a client got it: an object with a status; the rest is the command's. */
export type Reply = Readonly<Record<string, unknown>> & { readonly status: string };

/**
 * Writes the reply of a command that succeeded. A `status` in the properties takes the place of `ok`, as the
 * command `status` wants it. What cannot be written becomes an error reply that begins with `internal:`.
 * @example `okReply({ numwatchers: 3 }, { id: "1", time: 1.5 })`
 */
export function okReply(properties: object, { id, time }: Envelope): string {
  try {
    return encodeJson({ status: "ok", time, ...properties, id });
  } catch (cause) {
    return errorReply({ reason: `internal: cannot write the reply: ${messageOf(cause)}`, errno: ERRNO.conflict, id }, time);
  }
}

/**
 * Writes an error reply; `time` in seconds since the epoch.
 * @example `errorReply({ reason: "program x not found", errno: 3, id: "1" }, clock.epoch())`
 */
export function errorReply({ reason, errno, id }: Refusal, time: number): string {
  const reply: ErrorReply = { status: "error", reason, tb: null, time, errno, id };
  try {
    return encodeJson(reply);
  } catch {
    return encodeJson({ ...reply, id: null });
  }
}

/** Reads a reply; null where the bytes are none. */
export function decodeReply(bytes: Uint8Array): Reply | null {
  const json = decodeJson(bytes);
  return json.ok ? asReply(json.value) : null;
}

/** A value as the reply that it is; null where it is none. */
export function asReply(value: unknown): Reply | null {
  return isReply(value) ? value : null;
}

/** Whether a reply tells of a refusal; `reason` and `errno` are then as Circus has them, or filled in. */
export function refusalOf(reply: Reply): { readonly reason: string; readonly errno: number } | null {
  if (reply.status !== "error") return null;
  const { reason, errno } = reply;
  return { reason: typeof reason === "string" ? reason : "unknown", errno: typeof errno === "number" ? errno : ERRNO.unspecified };
}

function isReply(value: unknown): value is Reply {
  return isObject(value) && typeof value["status"] === "string";
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
}
