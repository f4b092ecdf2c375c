/** Follows the output of a watcher for one page, by asking the daemon for what came since the last answer. */
import type { CircusClient } from "../../client/call.js";
import { CallError } from "../../client/errors.js";
import type { Clock } from "../../core/ports.js";
import type { Commands } from "../../wire/contract.js";
import type { ClientMessage, ServerMessage } from "../api.js";

type Follow = Extract<ClientMessage, { type: "follow" }>;

export interface FollowParts {
  readonly clock: Clock;
  /** The connection to the daemon; rejects while it does not answer. */
  readonly connection: () => Promise<CircusClient>;
  readonly send: (message: ServerMessage) => void;
  /** Resolves once the page has read enough of what was sent. */
  readonly room: (signal: AbortSignal) => Promise<void>;
}

/** Seconds for which the daemon holds its answer back. */
const WAIT = 20;
/** Seconds more until it counts as silent. */
const PATIENCE = 10;

/** Milliseconds between two answers, so that a chatty worker costs a few messages a second and not thousands. */
const PAUSE = 50;
/** Milliseconds until a silent daemon is asked again. */
const SILENT_PAUSE = 1_000;

/** Ends when the signal says so or the daemon refuses; never rejects. */
export async function follow(wanted: Follow, parts: FollowParts, signal: AbortSignal): Promise<void> {
  const { id, name, pid, stream, lines } = wanted;
  const whose = { name, ...(pid === undefined ? {} : { pid }), ...(stream === undefined ? {} : { stream }) };
  let properties: Commands["tail"]["properties"] = { ...whose, lines };
  while (!signal.aborted) {
    await parts.room(signal);
    if (signal.aborted) return;
    try {
      const client = await parts.connection();
      const reply = await client.call("tail", properties, { timeout: WAIT + PATIENCE, signal });
      const first = properties.after === undefined;
      if (first || reply.lines.length > 0 || reply.missed > 0) {
        parts.send({ type: "output", id, lines: reply.lines, missed: reply.missed });
      }
      properties = { ...whose, after: reply.cursor, wait: WAIT };
      await pause(parts.clock, PAUSE, signal);
    } catch (cause) {
      if (signal.aborted) return;
      if (cause instanceof CallError) return parts.send({ type: "problem", id, message: cause.reason });
      await pause(parts.clock, SILENT_PAUSE, signal);
    }
  }
}

function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(milliseconds, done);
    signal.addEventListener("abort", done);
  });
}
