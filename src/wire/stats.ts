/**
 * Figures on the PUB socket of circusd-stats: a topic, and a JSON object whose shape tells what it is of, as a
 * watcher may have dots in its name or be called "sockets". Keys and topics are Circus's (stats-sample of 0.19).
 */
import * as v from "valibot";
import { topicName } from "../core/topics.js";
import { decodeJson, encodeJson } from "./codec.js";
import type { ProcessStats } from "./contract.js";
import type { EncodedEvent } from "./event.js";

/** Circus's name for the watcher that circusd itself, circusd-stats and circushttpd are published under. */
export const OWN_PROCESSES = "circus";

/** Seconds between two rounds of figures. */
export const STATS_INTERVAL = 1;

/** Figures of one process; `subtopic` is its pid, `name` tells circusd's own programs apart and is null for workers. */
export type PublishedStats = ProcessStats & { readonly subtopic: number; readonly name: string | null };

/** Figures of a watcher: cpu is the average of its processes in percent, mem the sum in percent, age the highest in seconds. */
export interface WatcherTotals {
  readonly pid: readonly number[];
  readonly cpu: number;
  readonly mem: number;
  readonly age: number;
  /** Added: the sum of resident bytes. */
  readonly rss?: number;
}

/** How often a socket had something to accept or read since the last round. */
export interface SocketReads {
  readonly fd: number;
  readonly subtopic: number;
  readonly reads: number;
  /** `HOST:PORT` or a path. */
  readonly address: string;
}

export interface SocketTotals {
  readonly addresses: readonly string[];
  readonly reads: number;
}

/** One message, before it is written. `watcher` is the name as topics carry it once it was read. */
export type StatFrame =
  | { readonly kind: "process"; readonly watcher: string; readonly stats: PublishedStats }
  | { readonly kind: "watcher"; readonly watcher: string; readonly stats: WatcherTotals }
  | { readonly kind: "socket"; readonly stats: SocketReads }
  | { readonly kind: "sockets"; readonly stats: SocketTotals };

/** Circus writes "N/A" where it could not look; a figure that is not known is 0 here. */
const figure = v.union([
  v.number(),
  v.pipe(
    v.literal("N/A"),
    v.transform(() => 0),
  ),
]);
const text = v.union([v.string(), v.pipe(v.number(), v.transform(String))]);

const figures = {
  mem_info1: text,
  mem_info2: text,
  cpu: figure,
  mem: figure,
  ctime: text,
  pid: v.number(),
  username: text,
  nice: figure,
  create_time: figure,
  age: figure,
  cmdline: text,
  rss: v.exactOptional(v.number()),
  vms: v.exactOptional(v.number()),
  cpu_seconds: v.exactOptional(v.number()),
};

const child: v.GenericSchema<unknown, ProcessStats> = v.looseObject({
  ...figures,
  children: v.pipe(
    v.array(v.unknown()),
    v.transform((all) => readChildren(all)),
  ),
});

const process: v.GenericSchema<unknown, PublishedStats> = v.looseObject({
  ...figures,
  children: v.pipe(
    v.array(v.unknown()),
    v.transform((all) => readChildren(all)),
  ),
  subtopic: v.number(),
  name: v.nullable(v.string()),
});

const totals = v.object({ pid: v.array(v.number()), cpu: figure, mem: figure, age: figure, rss: v.exactOptional(v.number()) });
const reads = v.object({ fd: v.number(), subtopic: v.number(), reads: v.number(), address: v.string() });
const allReads = v.object({ addresses: v.array(v.string()), reads: v.number() });

/** Writes one message; the topic carries the watcher's name as events do, from the first message to the last. */
export function encodeStat(frame: StatFrame): EncodedEvent {
  return { topic: topicOf(frame), body: encodeJson(frame.stats) };
}

/** Reads one message; null where it is none of these. */
export function decodeStat(topic: string, body: Uint8Array): StatFrame | null {
  const name = /^stat\.(.+)$/s.exec(topic)?.[1];
  const json = name === undefined ? null : decodeJson(body);
  if (name === undefined || json === null || !json.ok) return null;
  const given = json.value;
  if (v.is(reads, given)) return { kind: "socket", stats: given };
  if (v.is(allReads, given)) return { kind: "sockets", stats: given };
  const one = v.safeParse(process, given);
  if (one.success) return { kind: "process", watcher: name.replace(/\.\d+$/, ""), stats: one.output };
  const all = v.safeParse(totals, given);
  return all.success ? { kind: "watcher", watcher: name, stats: all.output } : null;
}

/** Figures of a process out of a reply to `stats` or `dstats`; null where they are none. @param name of a program of circusd's own */
export function readFigures(given: unknown, name: string | null): PublishedStats | null {
  const read = v.safeParse(child, given);
  return read.success ? { ...read.output, subtopic: read.output.pid, name } : null;
}

function readChildren(all: readonly unknown[]): readonly ProcessStats[] {
  return all.flatMap((one) => {
    const read = v.safeParse(child, one);
    return read.success ? [read.output] : [];
  });
}

function topicOf(frame: StatFrame): string {
  switch (frame.kind) {
    case "process":
      return `stat.${topicName(frame.watcher)}.${frame.stats.pid}`;
    case "watcher":
      return `stat.${topicName(frame.watcher)}`;
    case "socket":
      return `stat.sockets.${frame.stats.fd}`;
    case "sockets":
      return "stat.sockets";
  }
}
