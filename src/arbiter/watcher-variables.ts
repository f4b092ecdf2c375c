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

/**
 * All variables of a worker, by their name in lower case without `circus.`, as `replaceVariables` asks for them.
 * Values read as Python prints them (`True`, `None`), for scripts that were written for Circus.
 */
export function workerVariables(spec: WatcherSpec, facts: WorkerFacts): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const add = (name: string, value: OptionValue): void => {
    if (value !== null && typeof value === "object" && !isList(value)) {
      for (const [key, inner] of Object.entries(value)) variables.set(`${name}.${key}`.toLowerCase(), printed(inner));
    } else {
      variables.set(name.toLowerCase(), printed(value));
    }
  };
  for (const [name, value] of Object.entries(presentOptions(spec, facts.daemonDir))) add(name, value);
  // Circus knows limits by this name, too.
  add("rlimits", spec.limits);
  add("wid", facts.wid);
  add("env", facts.env);
  add("sockets", Object.fromEntries(facts.sockets));
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
