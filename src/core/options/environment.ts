/** Environments as options: how they come over the wire and what `$NAME` in their values means. */
import { type Result, fail, succeed } from "../result.js";
import type { Environment } from "../spec.js";
import { repr } from "./repr.js";
import { objectEntries } from "./values.js";

/** An object of strings; names and values are trimmed as Circus does. The failure is Circus's message. */
export function environmentFromWire(key: string, value: unknown): Result<Environment, string> {
  const entries = objectEntries(value);
  if (entries === null) return fail(`${repr(key)} isn't a valid object`);
  const env: [string, string][] = [];
  for (const [name, item] of entries) {
    if (typeof item !== "string") return fail(`${repr(name)} isn't a string`);
    if (name.trim() === "" || /[=\0]/.test(name)) return fail(`${repr(name)} isn't a valid variable name`);
    if (item.includes("\0")) return fail(`${repr(name)} can't contain a NUL byte`);
    env.push([name.trim(), item.trim()]);
  }
  return succeed(Object.fromEntries(env));
}

/**
 * Replaces `$NAME` (capitals, digits and underscores) by the daemon's variable; one that is not set
 * vanishes, and `${NAME}` stays as it is: both are Circus's rules.
 */
export function expandDollars(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$([A-Z][A-Z0-9_]*)/g, (_, name: string) => (Object.hasOwn(environment, name) ? (environment[name] ?? "") : ""));
}
