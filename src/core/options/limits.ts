/** The `rlimit_LIMIT` options: resource limits of the workers. */
import { type Result, fail, succeed } from "../result.js";
import type { LimitValue } from "../spec.js";
import { parseInteger } from "./kinds.js";
import { nearest } from "./near.js";
import { repr } from "./repr.js";

/** The limits that Linux knows, as `rlimit_NAME` takes them. */
export const LIMIT_NAMES = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
] as const;

const PREFIX = "rlimit_";

/** BSD's word for nofile, which Python knows on Linux too. */
const ALIASES: ReadonlyMap<string, string> = new Map([["ofile", "nofile"]]);

export function isLimitKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** `rlimit_NOFILE` → `nofile`; the failure is Circus's message. */
export function limitName(key: string): Result<string, string> {
  const lower = key.slice(PREFIX.length).toLowerCase();
  const name = ALIASES.get(lower) ?? lower;
  if (LIMIT_NAMES.some((known) => known === name)) return succeed(name);
  const near = nearest(name, LIMIT_NAMES);
  return fail(`${repr(key)} isn't a valid rlimit setting${near === null ? "" : `: did you mean ${repr(PREFIX + near)}?`}`);
}

/** Empty, `-1`, `infinity` and `unlimited` are no limit; the failure says what was expected. */
export function limitFromText(text: string): Result<LimitValue, string> {
  const plain = text.trim().toLowerCase();
  if (plain === "" || plain === "infinity" || plain === "unlimited") return succeed("infinity");
  const value = parseInteger(plain);
  if (value === -1) return succeed("infinity");
  return value === null || value < 0 ? fail("expected an integer of 0 or more, or nothing for no limit") : succeed(value);
}

/** Null and -1 are no limit; the failure is Circus's message. */
export function limitFromWire(value: unknown): Result<LimitValue, string> {
  if (value === null || value === -1) return succeed("infinity");
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return succeed(value);
  return fail(`${repr(value)} rlimit value isn't a valid int`);
}
