/** What `$(circus.NAME)` means to one worker: its options by the names that Circus gives them, its slot, its environment, its sockets. */
import { presentOptions } from "../core/options.js";
import type { Environment, OptionValue, WatcherSpec } from "../core/spec.js";

/** The facts of one worker that its watcher's spec does not tell. */
export interface WorkerFacts {
  readonly wid: number;
  readonly env: Environment;
  /** Where a watcher without working_dir runs. */
  readonly daemonDir: string;
  /** Socket name to the descriptor's number in the worker. */
  readonly sockets: ReadonlyMap<string, number>;
}

const SOCKETS = "sockets.";
const ENV = "env.";

/**
 * Tells what a name in lower case without `circus.` means to a worker, as `replaceVariables` asks.
 * Values read as Python prints them (`True`, `None`), for scripts that were written for Circus.
 */
export function workerVariables(spec: WatcherSpec, facts: WorkerFacts): (name: string) => string | undefined {
  // Most workers use no option at all, and many start at once.
  let options: ReadonlyMap<string, string> | null = null;
  return (name) => {
    if (name === "wid") return String(facts.wid);
    if (name.startsWith(SOCKETS)) return facts.sockets.get(name.slice(SOCKETS.length))?.toString();
    if (name.startsWith(ENV)) return inAnyCase(facts.env, name.slice(ENV.length));
    options ??= optionVariables(spec, facts.daemonDir);
    return options.get(name);
  };
}

/** Of names that differ in case alone, the last one counts. */
function inAnyCase(env: Environment, lower: string): string | undefined {
  let found: string | undefined;
  for (const [name, value] of Object.entries(env)) if (name.toLowerCase() === lower) found = value;
  return found;
}

function optionVariables(spec: WatcherSpec, daemonDir: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  // Circus knows limits as a group, too.
  for (const [name, value] of Object.entries({ ...presentOptions(spec, daemonDir), rlimits: spec.limits })) {
    if (value !== null && typeof value === "object" && !isList(value)) {
      for (const [key, inner] of Object.entries(value)) variables.set(`${name}.${key}`.toLowerCase(), printed(inner));
    } else {
      variables.set(name.toLowerCase(), printed(value));
    }
  }
  return variables;
}

function isList(value: OptionValue): value is readonly OptionValue[] {
  return Array.isArray(value);
}

function printed(value: OptionValue): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return String(value);
  return isList(value) ? value.map(printed).join(" ") : JSON.stringify(value);
}
