/**
 * The kinds of values that options have: how each is read from a line of circus.ini, how from JSON, and
 * how it is shown. What a message from JSON says is Circus's wording, because clients show and compare it.
 */
import { type Result, fail, succeed } from "../result.js";
import { parseSignal } from "../signals.js";
import type { OptionValue, Signal } from "../spec.js";
import { repr } from "./repr.js";

export interface Kind<T> {
  /** For manuals: "integer", "seconds", "true or false"… */
  readonly label: string;
  /** Reads text from a file; the failure says what was expected. */
  parseText(text: string): Result<T, string>;
  /** Reads a JSON value; the failure is the whole message and names the key. */
  parseWire(key: string, value: unknown): Result<T, string>;
  present(value: T): OptionValue;
}

const TRUE = ["yes", "true", "on", "1"];
const FALSE = ["no", "false", "off", "0"];

/** Reads `yes true on 1` and `no false off 0` in any case; null for anything else. */
export function parseBoolean(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  if (TRUE.includes(word)) return true;
  return FALSE.includes(word) ? false : null;
}

/** Reads an integer as Python does: a sign and underscores between digits are allowed; null for anything else. */
export function parseInteger(text: string): number | null {
  const plain = text.trim();
  if (!/^[+-]?\d+(_\d+)*$/.test(plain)) return null;
  const value = Number(plain.replaceAll("_", ""));
  return Number.isSafeInteger(value) ? value : null;
}

export const flag: Kind<boolean> = {
  label: "true or false",
  parseText(text) {
    const value = parseBoolean(text);
    return value === null ? fail("expected true or false (also yes, no, on, off, 1, 0)") : succeed(value);
  },
  parseWire: (key, value) => (typeof value === "boolean" ? succeed(value) : fail(`${repr(key)} isn't a valid boolean`)),
  present: (value) => value,
};

export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** Lifts a JSON value below `min` to it, as Circus does with `numprocesses`. */
  readonly lift?: boolean;
}

export function integer(range: Range = {}): Kind<number> {
  const expected = `expected an integer${describe(range)}`;
  return {
    label: "integer",
    parseText(text) {
      const value = parseInteger(text);
      return value === null || outside(value, range) ? fail(expected) : succeed(value);
    },
    parseWire(key, value) {
      // Python counts a boolean as an integer; a `true` here is a slip, so it is refused in the same words.
      if (typeof value !== "number" || !Number.isSafeInteger(value)) return fail(`${repr(key)} isn't an integer`);
      return bounded(key, value, range);
    },
    present: (value) => value,
  };
}

export function decimal(range: Range = {}, label = "number"): Kind<number> {
  const expected = `expected a number${describe(range)}`;
  return {
    label,
    parseText(text) {
      const plain = text.trim();
      const value = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
      return !Number.isFinite(value) || outside(value, range) ? fail(expected) : succeed(value);
    },
    parseWire(key, value) {
      if (typeof value !== "number" || !Number.isFinite(value)) return fail(`${repr(key)} isn't a number`);
      return bounded(key, value, range);
    },
    present: (value) => value,
  };
}

/** A duration of 0 or more. */
export const seconds = decimal({ min: 0 }, "seconds");

export const text: Kind<string> = {
  label: "text",
  parseText: succeed,
  parseWire(key, value) {
    if (typeof value !== "string") return fail(`${repr(key)} isn't a string`);
    return value.includes("\0") ? fail(`${repr(key)} can't contain a NUL byte`) : succeed(value);
  },
  present: (value) => value,
};

/** Text, where an empty value counts as not set. */
export const optionalText: Kind<string | null> = {
  label: "text",
  parseText: (value) => succeed(value === "" ? null : value),
  parseWire(key, value) {
    if (value === null || value === "") return succeed(null);
    return text.parseWire(key, value);
  },
  present: (value) => value,
};

/** The name of a socket: `[socket:Web]` is known as `web`. */
export const optionalSocket: Kind<string | null> = {
  label: "socket name",
  parseText: (value) => succeed(value === "" ? null : value.toLowerCase()),
  parseWire(key, value) {
    const name = optionalText.parseWire(key, value);
    return name.ok ? succeed(name.value === null ? null : name.value.toLowerCase()) : name;
  },
  present: (value) => value,
};

/** One of a few words, read in any case. */
export function word<T extends string>(words: readonly T[], label: string): Kind<T> {
  const find = (value: string): T | undefined => words.find((known) => known.toLowerCase() === value.trim().toLowerCase());
  return {
    label,
    parseText(value) {
      const found = find(value);
      return found === undefined ? fail(`expected one of ${words.join(", ")}`) : succeed(found);
    },
    parseWire(key, value) {
      const found = typeof value === "string" ? find(value) : undefined;
      return found === undefined ? fail(`${repr(key)} isn't one of ${words.join(", ")}`) : succeed(found);
    },
    present: (value) => value,
  };
}

/** Words separated by blanks. */
export const words: Kind<readonly string[]> = {
  label: "words",
  parseText: (value) => succeed(value.split(/\s+/).filter((one) => one !== "")),
  parseWire(key, value) {
    const given = text.parseWire(key, value);
    return given.ok ? words.parseText(given.value) : given;
  },
  present: (value) => value,
};

export const signal: Kind<Signal> = {
  label: "signal",
  parseText(value) {
    const found = parseSignal(value);
    return found === null ? fail("expected a signal by name or number, such as TERM, SIGUSR1, SIGRTMIN+1 or 15") : succeed(found);
  },
  parseWire(key, value) {
    const number = integer().parseWire(key, value);
    if (!number.ok) return number;
    const found = parseSignal(number.value);
    return found === null ? fail(`${repr(key)} isn't a valid signal`) : succeed(found);
  },
  present: (value) => value.number,
};

/** A user or a group, by name or number; the name is looked up when a worker starts. */
export const identity: Kind<string | number | null> = {
  label: "name or number",
  parseText(value) {
    const plain = value.trim();
    if (plain === "") return succeed(null);
    const number = parseInteger(plain);
    if (number === null) return succeed(plain);
    return number < 0 ? fail("expected a name or a number of 0 or more") : succeed(number);
  },
  parseWire(key, value) {
    if (typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)) {
      return typeof value === "string" ? identity.parseText(value) : succeed(value);
    }
    return fail(`${repr(key)} isn't an integer or string`);
  },
  present: (value) => value,
};

/** Arguments: text that is split like a shell would, or over the wire a list that is taken as it stands. */
export const args: Kind<string | readonly string[] | null> = {
  label: "text",
  parseText: succeed,
  parseWire(key, value) {
    if (value === null) return succeed(null);
    if (typeof value === "string") return text.parseWire(key, value);
    if (!Array.isArray(value)) return fail(`${repr(key)} isn't a string or a list of strings`);
    const items: string[] = [];
    for (const item of value) {
      if (typeof item !== "string" && typeof item !== "number") return fail(`${repr(key)} isn't a string or a list of strings`);
      const one = text.parseWire(key, String(item));
      if (!one.ok) return one;
      items.push(one.value);
    }
    return succeed(items);
  },
  present: (value) => value,
};

/** A file mode mask, always in octal. */
export const octal: Kind<number> = {
  label: "octal mask",
  parseText(value) {
    const match = /^\s*(?:0o)?([0-7]{1,5})\s*$/i.exec(value);
    const mask = match === null ? Number.NaN : Number.parseInt(match[1] ?? "", 8);
    return mask <= 0o7777 ? succeed(mask) : fail("expected an octal mask such as 022");
  },
  parseWire: (key, value) => integer({ min: 0, max: 0o7777 }).parseWire(key, value),
  present: (value) => value,
};

/** The same kind, where an empty value counts as not set. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return {
    label: kind.label,
    parseText: (value) => (value.trim() === "" ? succeed(null) : kind.parseText(value)),
    parseWire: (key, value) => (value === null ? succeed(null) : kind.parseWire(key, value)),
    present: (value) => (value === null ? null : kind.present(value)),
  };
}

function bounded(key: string, value: number, range: Range): Result<number, string> {
  if (range.lift === true && range.min !== undefined && value < range.min) return succeed(range.min);
  if (!outside(value, range)) return succeed(value);
  return fail(range.min === 0 && value < 0 ? `${repr(key)} can't be negative` : `${repr(key)} must be a number${describe(range)}`);
}

function outside(value: number, { min, max }: Range): boolean {
  return (min !== undefined && value < min) || (max !== undefined && value > max);
}

function describe({ min, max }: Range): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  return min === undefined ? "" : ` of ${min} or more`;
}
