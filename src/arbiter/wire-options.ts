/** Options as they come over the wire, made ready for a watcher. */
import { expandDollars } from "../core/options.js";
import type { Environment, OptionValue } from "../core/spec.js";
import type { Options } from "../wire/contract.js";

/** `$NAME` in values of `env` stands for the daemon's variable, as in a file; everything else stays as it is. */
export function expandEnvironment(options: Options, daemon: Environment): Options {
  const { env } = options;
  if (!isTable(env)) return options;
  const expand = (value: OptionValue): OptionValue => (typeof value === "string" ? expandDollars(value, daemon) : value);
  return { ...options, env: Object.fromEntries(Object.entries(env).map(([name, value]): [string, OptionValue] => [name, expand(value)])) };
}

function isTable(value: OptionValue | undefined): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
