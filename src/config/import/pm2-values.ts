/** Values of a PM2 ecosystem file: what they may look like, and what they are here. */
import { quoteWord, splitWords } from "../../core/words.js";

/** A text, a number or a truth value as text; null for everything else. */
export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** How a value is shown in a note. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "a function");
}

const SECONDS: Readonly<Record<string, number>> = { "": 0.001, s: 1, m: 60, h: 3600 };

/** Milliseconds, or `10s`, in seconds; null for what is no time. */
export function secondsOf(value: unknown): number | null {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(textOf(value) ?? "") ?? [];
  return digits === undefined ? null : Math.round(Number(digits) * (SECONDS[unit] ?? 1) * 1000) / 1000;
}

/** Bytes, or `300M`, in the form of the plugin ResourceWatcher; null for what is no size. */
export function sizeOf(value: unknown): string | null {
  const [, digits, unit] = /^(\d+)([KMG]?)B?$/i.exec(textOf(value) ?? "") ?? [];
  return digits === undefined ? null : `${digits}${(unit || "B").toUpperCase()}`;
}

/** Words of a command line, which may be a list: each then stays one word. Null for what is neither. */
export function wordsOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.map((word: unknown) => quoteWord(textOf(word) ?? shown(word))).join(" ");
  const text = textOf(value);
  if (text === null || text.trim() === "") return text === null ? null : "";
  // What no shell could split goes as one word.
  return splitWords(text).ok ? text.trim() : quoteWord(text);
}

/** The pairs of an `env`, each value as PM2 hands it to a process. */
export function variablesOf(value: unknown): readonly (readonly [string, string])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([, one]) => one !== undefined && one !== null)
    .map(([name, one]): [string, string] => [name, textOf(one) ?? JSON.stringify(one)]);
}

const DIRECTIVES: Readonly<Record<string, string>> = {
  ...{ YYYY: "%Y", YY: "%y", MMMM: "%B", MMM: "%b", MM: "%m", M: "%m", DDDD: "%j", DD: "%d", D: "%d" },
  ...{ dddd: "%A", ddd: "%a", HH: "%H", H: "%H", hh: "%I", h: "%I", mm: "%M", m: "%M", ss: "%S", s: "%S" },
  ...{ SSS: "%f", A: "%p", a: "%P", Z: "%z", ZZ: "%z", z: "%Z", X: "%s" },
};

/** `YYYY-MM-DD HH:mm:ss`, a format of day.js, in that of strftime(3), and what of it could not be taken over exactly. */
export function timeFormat(format: string): { readonly format: string; readonly inexact: readonly string[] } {
  const inexact: string[] = [];
  const written = format.replace(/\[([^\]]*)\]|([A-Za-z])\2*|%/g, (token: string, literal: string | undefined) => {
    if (token === "%") return "%%";
    if (literal !== undefined) return literal.replaceAll("%", "%%");
    const directive = Object.hasOwn(DIRECTIVES, token) ? DIRECTIVES[token] : undefined;
    if (directive === undefined && !/^[T]$/.test(token)) inexact.push(token);
    if (token === "SSS") inexact.push("SSS, which becomes microseconds");
    return directive ?? token;
  });
  return { format: written, inexact };
}
