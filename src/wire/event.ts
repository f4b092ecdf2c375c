/** Events of the PUB socket: a topic, and a JSON payload whose shape the topic's last part tells. */
import * as v from "valibot";
import { watcherTopic, type WatcherEvent } from "../core/topics.js";
import { decodeJson, encodeJson } from "./codec.js";

const time = v.number();
const process = v.object({ process_pid: v.number(), time });
const moment = v.object({ time });

/** `time` is in seconds since the epoch; `exit_code` is negative for a signal, null where nobody knows. */
const PAYLOADS = {
  spawn: process,
  start: moment,
  stop: moment,
  reap: v.object({ process_pid: v.number(), time, exit_code: v.nullable(v.number()) }),
  kill: process,
  updated: moment,
  reload: moment,
  add: moment,
  remove: moment,
  hook_success: v.object({ name: v.string(), time }),
  hook_failure: v.object({ name: v.string(), time, error: v.string() }),
} as const satisfies Readonly<Record<WatcherEvent, v.GenericSchema>>;

export type EventPayload<E extends WatcherEvent> = Readonly<v.InferOutput<(typeof PAYLOADS)[E]>>;

/** Something that happened to a watcher, before it is written. */
export type WatcherNews = {
  readonly [E in WatcherEvent]: { readonly watcher: string; readonly event: E; readonly payload: EventPayload<E> };
}[WatcherEvent];

/** What a subscriber gets. `watcher` is the name as topics carry it: lower case, `_` for spaces. */
export type CircusEvent =
  | {
      readonly [E in WatcherEvent]: {
        readonly topic: string;
        readonly watcher: string;
        readonly event: E;
        readonly payload: EventPayload<E>;
      };
    }[WatcherEvent]
  | { readonly topic: string; readonly watcher: null; readonly event: null; readonly payload: unknown };

export interface EncodedEvent {
  readonly topic: string;
  readonly body: string;
}

/**
 * Writes an event of a watcher.
 * @example `encodeEvent({ watcher: "web", event: "spawn", payload: { process_pid: 7, time: 1.5 } })`
 */
export function encodeEvent({ watcher, event, payload }: WatcherNews): EncodedEvent {
  return { topic: watcherTopic(watcher, event), body: encodeJson(payload) };
}

/** Reads an event. One that is not a watcher's, or not of the known shape, comes with its payload as it is; null where it is no JSON. */
export function decodeEvent(topic: string, body: Uint8Array): CircusEvent | null {
  const json = decodeJson(body);
  if (!json.ok) return null;
  const other: CircusEvent = { topic, watcher: null, event: null, payload: json.value };
  const parts = /^watcher\.(.+)\.([^.]+)$/s.exec(topic);
  const [watcher, event] = [parts?.[1], parts?.[2]];
  if (watcher === undefined || event === undefined || !isWatcherEvent(event)) return other;
  // The compiler cannot see that an event and its own payload, checked here, make one member of the union.
  return v.is(PAYLOADS[event], json.value) ? ({ topic, watcher, event, payload: json.value } as CircusEvent) : other;
}

function isWatcherEvent(name: string): name is WatcherEvent {
  return Object.hasOwn(PAYLOADS, name);
}
