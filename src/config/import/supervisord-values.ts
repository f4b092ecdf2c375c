/** Values of a supervisord.conf: what they may look like, and what they are here. */

/** Null for what is neither. */
export function readFlag(text: string): boolean | null {
  const word = text.toLowerCase();
  if (["true", "yes", "y", "on", "1"].includes(word)) return true;
  return ["false", "no", "n", "off", "0"].includes(word) ? false : null;
}

const UNITS: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/** `50MB` in bytes; null for what is no size. */
export function readBytes(text: string): number | null {
  const [, digits, unit = ""] = /^(\d+)\s*([kmg]b)?$/i.exec(text.trim()) ?? [];
  return digits === undefined ? null : Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
}

const PAIR = /\s*([^\s=,"']+)\s*=\s*("(?:[^"\\]|\\[^])*"|'[^']*'|[^\s,"']*)\s*(?:,|$)/y;

/** `KEY="value",OTHER=value`: its pairs, and what could not be read. */
export function readPairs(text: string): { readonly pairs: readonly (readonly [string, string])[]; readonly rest: string } {
  const pairs: [string, string][] = [];
  let at = 0;
  for (;;) {
    PAIR.lastIndex = at;
    const found = text.slice(at).trim() === "" ? null : PAIR.exec(text);
    if (found === null) return { pairs, rest: text.slice(at).trim() };
    pairs.push([found[1] ?? "", unquote(found[2] ?? "")]);
    at = PAIR.lastIndex;
  }
}

function unquote(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1);
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, "$1") : text;
}

/** What supervisord's log levels are called here; null for what is none. */
export function logLevel(text: string): string | null {
  const levels: Readonly<Record<string, string>> = {
    ...{ critical: "critical", crit: "critical", error: "error", erro: "error", warn: "warning", warning: "warning" },
    ...{ info: "info", debug: "debug", debg: "debug", trace: "debug", trac: "debug", blather: "debug", blat: "debug" },
  };
  const name = text.toLowerCase();
  return Object.hasOwn(levels, name) ? (levels[name] ?? null) : null;
}
