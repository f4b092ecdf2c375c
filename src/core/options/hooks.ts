/** Hooks as options: `hooks.NAME = target[,ignore failure]` in a file, text or a pair on the wire. */
import { type Result, fail, succeed } from "../result.js";
import { HOOK_NAMES, type HookName, type HookSpec } from "../spec.js";
import { parseBoolean } from "./kinds.js";
import { repr } from "./repr.js";

export function isHookName(name: string): name is HookName {
  return HOOK_NAMES.some((known) => known === name);
}

/**
 * Reads `./hooks.js:check`, `some-package:check` or `exec:/path/to/check arg`, each with an optional
 * `, true` at its end that makes an error of the hook count as success. The failure says what to do.
 */
export function parseHook(text: string): Result<HookSpec, string> {
  const comma = text.lastIndexOf(",");
  const flag = comma === -1 ? null : parseBoolean(text.slice(comma + 1));
  const target = (flag === null ? text : text.slice(0, comma)).trim();
  if (flag === null && comma !== -1 && !target.startsWith("exec:"))
    return fail(`what follows the comma must be true or false, not "${text.slice(comma + 1).trim()}"`);
  const fault = targetFault(target);
  return fault === null ? succeed({ target, ignoreFailure: flag ?? false }) : fail(fault);
}

/** A text as in a file, or Circus's pair `[target, ignoreFailure]`. */
export function hookFromWire(key: string, value: unknown): Result<HookSpec, string> {
  const pair: readonly unknown[] = Array.isArray(value) ? value : [];
  if (pair.length === 2) {
    const [target, ignoreFailure] = pair;
    if (typeof target === "string" && typeof ignoreFailure === "boolean") return hookFromWire(key, `${target},${String(ignoreFailure)}`);
  }
  if (typeof value !== "string") return fail(`${repr(key)} isn't a string`);
  const hook = parseHook(value);
  return hook.ok ? hook : fail(`Cannot use hook "${value}": ${hook.failure}`);
}

function targetFault(target: string): string | null {
  if (target.startsWith("exec:")) return target.slice("exec:".length).trim() === "" ? "name a program after exec:" : null;
  const colon = target.lastIndexOf(":");
  if (colon > 0 && colon < target.length - 1) return null;
  if (/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(target)) {
    const name = target.slice(target.lastIndexOf(".") + 1);
    return `this is a Python name; port the function to JavaScript and write ./hooks.js:${name}, or run a program with exec:/path/to/${name}`;
  }
  return "expected a module and its export such as ./hooks.js:check, or a program such as exec:/path/to/check";
}
