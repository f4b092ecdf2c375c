/** What a changed configuration asks for: the difference between the file as it was and as it is, and nothing else. */
import { readStream } from "../core/kept-output.js";
import type { ArbiterSpec, Config, Loaded, SocketSpec, WatcherSpec } from "../core/spec.js";
import { CommandError, ERRNO } from "../wire/contract.js";

export interface WatcherChange {
  readonly change: (spec: WatcherSpec) => WatcherSpec;
  readonly then: "nothing" | "manage" | "reload";
}

export interface ReloadPlan {
  /** The endpoints move: everything must be set up anew. */
  readonly restart: boolean;
  /** Sockets that the file did not have before. */
  readonly newSockets: readonly SocketSpec[];
  readonly watchers: {
    readonly removed: readonly string[];
    readonly changed: readonly { readonly was: WatcherSpec; readonly changed: WatcherChange }[];
  };
  /** What counts as the file's content from now on; a faulty section keeps what it was. Whatever of it is not there is to be added. */
  readonly config: Config;
}

/** A change of these does not concern processes that run. */
const KEEPS_PROCESSES: ReadonlySet<keyof WatcherSpec> = new Set([
  "name",
  "warmupDelay",
  "onDemand",
  "sendHup",
  "stopSignal",
  "stopChildren",
  "maxRetry",
  "gracefulTimeout",
  "priority",
  "singleton",
  "hooks",
  "hookTimeout",
  "respawn",
  "autostart",
  "essential",
  "restartDelay",
  "restartBackoff",
  "restartMaxDelay",
  "freeForm",
  "internal",
  "stdoutStream",
  "stderrStream",
  "tailLines",
  "numprocesses",
]);

/** The figures and the console have watchers of their own, which are compared like any other. */
const RESTARTS: readonly (keyof ArbiterSpec)[] = ["endpoint", "pubsubEndpoint", "endpointOwner", "multicastEndpoint"];

/** Watchers that were added by command are in neither file, so they are left alone. */
export function planReload(before: Config, loaded: Loaded): ReloadPlan {
  const after: Config = loaded.faulty.arbiter ? { ...loaded.config, arbiter: before.arbiter } : loaded.config;
  const cluster = loaded.faulty.cluster ? before.cluster : after.cluster;
  const watchers = compare(before.watchers, after.watchers, loaded.faulty.watchers);
  const sockets = compare(before.sockets, after.sockets, loaded.faulty.sockets);
  return {
    restart: RESTARTS.some((key) => !isSame(before.arbiter[key], after.arbiter[key])),
    newSockets: sockets.added,
    watchers: {
      removed: watchers.removed,
      changed: watchers.changed.map(([was, now]) => ({ was, changed: watcherChange(was, now) })),
    },
    config: { ...after, cluster, watchers: watchers.result, sockets: sockets.result },
  };
}

interface Comparison<T> {
  readonly removed: readonly string[];
  readonly changed: readonly (readonly [T, T])[];
  readonly added: readonly T[];
  readonly result: readonly T[];
}

function compare<T extends { readonly name: string }>(before: readonly T[], after: readonly T[], faulty: readonly string[]): Comparison<T> {
  const keyOf = (item: { readonly name: string }) => item.name.toLowerCase();
  const old = new Map(before.map((item) => [keyOf(item), item]));
  const present = new Set(after.map(keyOf));
  const broken = new Set(faulty.map((name) => name.toLowerCase()));
  const changed: (readonly [T, T])[] = [];
  const added: T[] = [];
  for (const item of after) {
    const was = old.get(keyOf(item));
    if (was === undefined) added.push(item);
    else if (!isSame(was, item)) changed.push([was, item]);
  }
  const missing = before.filter((item) => !present.has(keyOf(item)));
  const kept = missing.filter((item) => broken.has(keyOf(item)));
  return {
    removed: missing.filter((item) => !broken.has(keyOf(item))).map((item) => item.name),
    changed,
    added,
    result: [...after, ...kept],
  };
}

function watcherChange(was: WatcherSpec, now: WatcherSpec): WatcherChange {
  const keys = (Object.keys(now) as (keyof WatcherSpec)[]).filter((key) => !isSame(was[key], now[key]));
  const then = keys.some((key) => !KEEPS_PROCESSES.has(key)) ? "reload" : keys.includes("numprocesses") ? "manage" : "nothing";
  const changed: Partial<WatcherSpec> = Object.fromEntries(keys.map((key) => [key, now[key]]));
  // To be read where it was not, or no more, is a matter of the processes.
  const streams = (["stdout", "stderr"] as const).some((name) => (readStream(was, name) === null) !== (readStream(now, name) === null));
  return { change: (spec) => ({ ...spec, ...changed }), then: streams ? "reload" : then };
}

/** Compares configuration values, which are JSON. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isSame(Reflect.get(one, name), Reflect.get(other, name)));
}

/** What a restart takes: all or nothing. @throws CommandError with every fault of the configuration */
export function faultless(loaded: Loaded): Loaded {
  const faults = loaded.diagnostics.filter(({ severity }) => severity === "error");
  if (faults.length === 0) return loaded;
  const list = faults.map(({ message, place }) => (place === null ? message : `${place.file}:${place.line}: ${message}`));
  throw new CommandError(`Cannot restart: the configuration has faults\n${list.join("\n")}`, ERRNO.conflict);
}
