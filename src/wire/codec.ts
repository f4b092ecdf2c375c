/**
 * JSON as it goes over the wire: how it is written, how it is read from untrusted bytes, and how values are
 * quoted in messages. What the JSON means is told by `request`, `reply` and `event`.
 */
import { fail, succeed, type Result } from "../core/result.js";

/** Nesting beyond this is refused: writing a deeply nested value costs time and space out of all proportion. */
const MAX_DEPTH = 32;

/** Characters of a quoted value in a message. */
const MAX_QUOTED = 100;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Writes a value the way Python's json.dumps does, so that scripts which search a raw reply for
 * `"status": "ok"` keep working: a space after `,` and `:`, everything outside ASCII escaped.
 * @throws TypeError or RangeError where the value cannot be written: a cycle, a bigint.
 */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value, null, 1);
  if (text === undefined) throw new TypeError("a value without a JSON form");
  // A line break inside a string is escaped, so every real one was put there by the indentation.
  const flat = text.replace(/,\n */g, ", ").replace(/\n */g, "");
  return /^[\x20-\x7e]*$/.test(flat) ? flat : flat.replace(/[\x7f-\uffff]/g, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Reads JSON from bytes of an unknown sender; the failure is a text without details of the input. */
export function decodeJson(bytes: Uint8Array): Result<unknown, string> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return fail("json invalid");
  }
  return isTooDeep(value, bytes.length) ? fail(`json nested deeper than ${MAX_DEPTH} levels`) : succeed(value);
}

/**
 * Whether a value is nested more deeply than `decodeJson` would take it.
 * @param length of its JSON: each level takes two brackets, so that what is short need not be walked through
 */
export function isTooDeep(value: unknown, length = Infinity): boolean {
  return length > 2 * MAX_DEPTH && tooDeep(value, MAX_DEPTH);
}

function tooDeep(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (tooDeep(inner, levels - 1)) return true;
  return false;
}

/** Whether a decoded value is a JSON object, neither null nor an array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A text in quotes as Python's repr writes it, cut at a bounded length.
 * @example `quote("it's") === "\"it's\""`
 */
export function quote(text: string): string {
  const short = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  const mark = short.includes("'") && !short.includes('"') ? '"' : "'";
  const inner = short.replace(/\\|\p{Cc}/gu, control);
  return `${mark}${mark === "'" ? inner.replaceAll("'", "\\'") : inner}${mark}`;
}

function control(unit: string): string {
  const named: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return named[unit] ?? `\\x${unit.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
