/** Options as they come over the wire, made ready for a watcher. */
import { expandDollars } from "../core/options.js";
import type { Environment } from "../core/spec.js";
import type { Options } from "../wire/contract.js";

/** `$NAME` in values of `env` stands for the daemon's variable, as in a file; everything else stays as it is. */
export function expandEnvironment(options: Options, daemon: Environment): Options {
  const { env } = options;
  if (typeof env !== "object" || env === null || Array.isArray(env)) return options;
  const values = Object.entries(env).map(([name, value]) => [name, typeof value === "string" ? expandDollars(value, daemon) : value]);
  return { ...options, env: Object.fromEntries(values) };
}
