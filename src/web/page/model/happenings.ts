/** Events of a daemon in words, for a person who was not there. */
import { signalName } from "../../../core/signals.js";
import type { FeedEvent } from "../../api.js";

export interface Topic {
  /** As topics carry it; null where the event is of no watcher. */
  readonly watcher: string | null;
  readonly event: string;
  readonly pid: number | null;
}

export type Tone = "good" | "bad" | "plain";

/** Takes a topic such as `watcher.web.reap` apart; a name may have dots in it. */
export function readTopic({ topic, payload }: FeedEvent): Topic {
  const found = /^watcher\.(.+)\.([a-z_]+)$/s.exec(topic);
  const pid = field(payload, "process_pid");
  return { watcher: found?.[1] ?? null, event: found?.[2] ?? topic, pid: typeof pid === "number" ? pid : null };
}

/** When it happened, in seconds since the epoch; null where it does not say. */
export function timeOf({ payload }: FeedEvent): number | null {
  const time = field(payload, "time");
  return typeof time === "number" ? time : null;
}

/** How a process ended: `exited with 1`, `was ended by SIGKILL`. */
export function describeExit(code: number | null): string {
  if (code === null) return "ended, nobody knows how";
  return code < 0 ? `was ended by ${signalName(-code)}` : `exited with ${code}`;
}

/** One sentence about an event, without its watcher. */
export function describe(given: FeedEvent): { readonly text: string; readonly tone: Tone } {
  const { event, pid } = readTopic(given);
  const name = text(given.payload, "name");
  switch (event) {
    case "spawn":
      return { text: `process ${pid ?? "?"} started`, tone: "good" };
    case "reap": {
      const code = field(given.payload, "exit_code");
      const exit = typeof code === "number" ? code : null;
      return { text: `process ${pid ?? "?"} ${describeExit(exit)}`, tone: exit === 0 ? "plain" : "bad" };
    }
    case "kill":
      return { text: `process ${pid ?? "?"} is told to stop`, tone: "plain" };
    case "start":
      return { text: "started", tone: "good" };
    case "stop":
      return { text: "stopped", tone: "plain" };
    case "updated":
      return { text: "an option was changed", tone: "plain" };
    case "reload":
      return { text: "reloaded", tone: "plain" };
    case "add":
      return { text: "added", tone: "good" };
    case "remove":
      return { text: "removed", tone: "plain" };
    case "hook_success":
      return { text: `hook ${name} went well`, tone: "plain" };
    case "hook_failure":
      return { text: `hook ${name} failed: ${text(given.payload, "error")}`, tone: "bad" };
    default:
      return { text: given.topic, tone: "plain" };
  }
}

function field(payload: unknown, key: string): unknown {
  return typeof payload === "object" && payload !== null ? Object.entries(payload).find(([name]) => name === key)?.[1] : undefined;
}

function text(payload: unknown, key: string): string {
  const value = field(payload, key);
  return typeof value === "string" ? value : "";
}
