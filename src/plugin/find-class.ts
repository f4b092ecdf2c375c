/** Finds the class of plugins in what a module exports. */
import { fail, succeed, type Result } from "../core/result.js";
import type { PluginClass } from "./plugin.js";

/** What the host calls and the base class brings. */
const BROUGHT = ["handleInit", "handleStop", "stopTimers"];

/**
 * The export of that name; without a name the default export, or else the only class of plugins. A class is known by
 * its methods: a module may extend the CircusPlugin of another copy of this package.
 * @returns the failure is the reason with what to do
 */
export function findPluginClass(module: unknown, name: string | null): Result<PluginClass, string> {
  // Not every export of a CommonJS module is seen by name; all are in its default.
  const exported = new Map([...members(member(module, "default")), ...members(module)]);
  if (name !== null) {
    const found = exported.get(name);
    if (found !== undefined) return check(found, `its export "${name}"`);
    return fail(`it has no export "${name}"; ${listed(exported)}`);
  }
  const preset = member(module, "default");
  if (typeof preset === "function") return check(preset, "its default export");
  const [first, ...others] = [...exported].filter(([, value]) => isExtended(value));
  if (first === undefined) return fail(`none of its exports is a class that extends CircusPlugin; ${listed(exported)}`);
  if (others.length === 0) return check(first[1], `its export "${first[0]}"`);
  const names = [first, ...others].map(([key]) => key);
  return fail(`it exports several plugins; add ":${first[0]}" or another of ${quoted(names)} to say which`);
}

function check(value: unknown, what: string): Result<PluginClass, string> {
  if (isPluginClass(value)) return succeed(value);
  if (typeof value !== "function") return fail(`${what} is no class but ${value === null ? "null" : `of type ${typeof value}`}`);
  return fail(
    isExtended(value)
      ? `${what} has no method handleRecv, which takes every event; add one, if only an empty one`
      : `${what} does not extend CircusPlugin; import it from "circusd/plugin"`,
  );
}

function isPluginClass(value: unknown): value is PluginClass {
  return isExtended(value) && typeof member(member(value, "prototype"), "handleRecv") === "function";
}

function isExtended(value: unknown): boolean {
  const prototype = member(value, "prototype");
  return typeof value === "function" && BROUGHT.every((method) => typeof member(prototype, method) === "function");
}

function member(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  return Reflect.get(value, name);
}

function members(value: unknown): readonly [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value).filter(([key]) => key !== "default") : [];
}

function listed(exported: ReadonlyMap<string, unknown>): string {
  return exported.size === 0 ? "it exports nothing by name" : `it exports ${quoted([...exported.keys()])}`;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
