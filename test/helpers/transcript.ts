/** Traffic recorded from Circus: its exchanges in order, fitted to a daemon under test, and how replies are compared. */
import { readFileSync } from "node:fs";
import { repositoryPath } from "./root.js";

export type Json = Readonly<Record<string, unknown>>;

export interface Exchange {
  /** The recorded label; with the request's id where several exchanges have that label. */
  readonly name: string;
  readonly socket: "DEALER" | "REQ";
  readonly frames: readonly Buffer[];
  /** Null where Circus gave no answer. */
  readonly reply: unknown;
}

/** What is not the same: `missing options.uid`, `added options.hooks`, `changed status`, `order options`. */
export interface Deviation {
  readonly what: string;
  readonly circus: unknown;
  readonly here: unknown;
}

/** Pids of the recording and the live ones that stand in their places. */
export type Pids = Map<number, number>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads the recording. */
export function loadTranscript(): readonly Exchange[] {
  const lines = readFileSync(repositoryPath("test", "fixtures", "transcript.jsonl"), "utf8")
    .trim()
    .split("\n");
  const recorded = lines.map((line) => JSON.parse(line) as Recorded);
  const labels = recorded.map(({ label }) => label);
  return recorded.map(({ label, socket, request_frames, reply_frames }): Exchange => {
    const frames = request_frames.map((frame) => (typeof frame === "string" ? Buffer.from(frame) : Buffer.from(frame.hex, "hex")));
    const repeated = labels.filter((other) => other === label).length > 1;
    const reply: unknown = reply_frames === null ? null : JSON.parse((reply_frames[0] ?? "").replace(/: NaN/g, ": null"));
    return {
      name: repeated ? `${label} (${String(requestIn(frames)?.["id"])})` : label,
      socket,
      frames,
      reply,
    };
  });
}

interface Recorded {
  readonly label: string;
  readonly socket: "DEALER" | "REQ";
  readonly request_frames: readonly (string | { readonly hex: string })[];
  readonly reply_frames: readonly string[] | null;
}

/** The request as an object; null where it is none. */
export function requestIn(frames: readonly Buffer[]): Json | null {
  try {
    const request: unknown = JSON.parse(String(frames.at(-1)));
    return isJson(request) ? request : null;
  } catch {
    return null;
  }
}

/** Puts live pids into a request that names recorded ones. */
export function withLivePids(frames: readonly Buffer[], pids: Pids): readonly Buffer[] {
  const request = requestIn(frames);
  const properties = request?.["properties"];
  if (request === null || !isJson(properties)) return frames;
  const named = Object.entries(properties).filter(([key]) => ["pid", "childpid", "process"].includes(key));
  const live = named.flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    const pid = pids.get(Number(value));
    return pid === undefined ? [] : [[key, typeof value === "string" ? String(pid) : pid]];
  });
  // A frame that need not change goes out byte for byte.
  if (live.length === 0) return frames;
  return [Buffer.from(JSON.stringify({ ...request, properties: { ...properties, ...Object.fromEntries(live) } }))];
}

/** Applies a change to every text in a value. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, change));
  if (!isJson(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}

const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isSize = (value: unknown): boolean => typeof value === "string" && /^\d+(B|\.\d\d[KMGTP])$/.test(value);
const isClock = (value: unknown): boolean => typeof value === "string" && /^\d+:\d\d\.\d\d?$/.test(value);

/** What differs from run to run: here the kind is compared, not the value. */
const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  time: isNumber,
  started: isNumber,
  create_time: isNumber,
  age: isNumber,
  cpu: isNumber,
  mem: isNumber,
  nice: Number.isSafeInteger,
  fd: Number.isSafeInteger,
  port: Number.isSafeInteger,
  mem_info1: isSize,
  mem_info2: isSize,
  ctime: isClock,
  username: isText,
  cmdline: isText,
};

/** Compares a reply with the recorded one; pids that stand in the same place are learnt. */
export function compare(circus: unknown, here: unknown, pids: Pids): readonly Deviation[] {
  return compareAt({ path: "", key: "" }, circus, here).deviations(pids);
}

interface Place {
  readonly path: string;
  readonly key: string;
}

/** Deviations and pairs of pids found on the way. */
class Findings {
  readonly #deviations: Deviation[] = [];
  readonly #pairs: (readonly [number, number])[] = [];

  deviate(what: string, circus: unknown, here: unknown): this {
    this.#deviations.push({ what, circus, here });
    return this;
  }

  pair(circus: number, here: number): this {
    this.#pairs.push([circus, here]);
    return this;
  }

  join(other: Findings): this {
    this.#deviations.push(...other.#deviations);
    this.#pairs.push(...other.#pairs);
    return this;
  }

  deviations(pids: Pids): readonly Deviation[] {
    for (const [circus, here] of this.#pairs) pids.set(circus, here);
    return this.#deviations;
  }
}

function compareAt(place: Place, circus: unknown, here: unknown): Findings {
  const found = new Findings();
  if (Array.isArray(circus) && Array.isArray(here)) {
    if (circus.length !== here.length) return found.deviate(`changed ${place.path}`, circus, here);
    for (const [index, item] of circus.entries()) found.join(compareAt({ path: `${place.path}[]`, key: place.key }, item, here[index]));
    return found;
  }
  if (isJson(circus) && isJson(here)) return compareObjects(place, circus, here);
  if (isPid(place, circus) && isPid(place, here)) return found.pair(Number(circus), Number(here));
  const isKind = Object.hasOwn(KINDS, place.key) ? KINDS[place.key] : undefined;
  const same = isKind === undefined ? Object.is(circus, here) : isKind(circus) && isKind(here);
  return same ? found : found.deviate(`changed ${place.path}`, circus, here);
}

/** Processes are named by number: `pid`, or an item of a list of them. */
function isPid({ path, key }: Place, value: unknown): boolean {
  const named = ["pid", "process"].includes(key) || (path.endsWith("[]") && ["pids", "started", "stopped", "kept"].includes(key));
  return named && /^\d+$/.test(String(value));
}

function compareObjects(place: Place, circus: Json, here: Json): Findings {
  const keys = Object.keys(circus);
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) return compareByPid(place, circus, here);
  const found = new Findings();
  const at = (key: string): string => (place.path === "" ? key : `${place.path}.${key}`);
  for (const key of keys) {
    if (Object.hasOwn(here, key)) found.join(compareAt({ path: at(key), key }, circus[key], here[key]));
    else found.deviate(`missing ${at(key)}`, circus[key], undefined);
  }
  for (const key of Object.keys(here)) if (!Object.hasOwn(circus, key)) found.deviate(`added ${at(key)}`, undefined, here[key]);
  const common = keys.filter((key) => Object.hasOwn(here, key));
  const order = Object.keys(here).filter((key) => Object.hasOwn(circus, key));
  return common.join() === order.join() ? found : found.deviate(`order ${place.path}`, common, order);
}

function compareByPid(place: Place, circus: Json, here: Json): Findings {
  const [recorded, live] = [Object.entries(circus), Object.entries(here)];
  const found = new Findings();
  if (recorded.length !== live.length) return found.deviate(`changed ${place.path}`, circus, here);
  for (const [index, [pid, facts]] of recorded.entries()) {
    const [livePid, liveFacts] = live[index] ?? ["", undefined];
    found.pair(Number(pid), Number(livePid)).join(compareAt({ path: `${place.path}.*`, key: "" }, facts, liveFacts));
  }
  return found;
}
