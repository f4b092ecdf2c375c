/** JSON for people: indented, keys sorted, coloured where colours are wanted. */
import { isObject } from "../wire/codec.js";
import type { Style } from "./terminal.js";

export function prettyJson(value: unknown, style: Style): string {
  const text = JSON.stringify(sorted(value), null, 2);
  return text.replace(
    /("(?:[^"\\]|\\.)*")(:?)|-?\d[\d.eE+-]*|\btrue\b|\bfalse\b|\bnull\b/g,
    (token, quoted: string | undefined, colon: string | undefined) => {
      if (quoted === undefined) return style.paint("cyan", token);
      return colon === ":" ? `${style.paint("blue", quoted)}:` : style.paint("yellow", quoted);
    },
  );
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
