/** Reads the literals that stand in `args=` and `kwargs=` of a Python logging configuration; nothing is evaluated. */
import { fail, succeed, type Result } from "../../core/result.js";

export type Literal = string | number | boolean | null | readonly Literal[] | { readonly [key: string]: Literal };

const TOKEN = /\s*(?:([()[\]{},:])|[rRuUbB]?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*))/y;
const CONSTANTS: Readonly<Record<string, Literal>> = { True: true, False: false, None: null };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

type Token = { readonly kind: "mark"; readonly text: string } | { readonly kind: "value"; readonly value: Literal };

/**
 * Tuples and lists are arrays; a name such as `sys.stderr` becomes `"ext://sys.stderr"`, as dictConfig writes it.
 * @example `readLiteral("('/var/log/a.log', 'a', 1024)")` → `["/var/log/a.log", "a", 1024]`
 */
export function readLiteral(text: string): Result<Literal, string> {
  const tokens = tokenize(text);
  if (tokens === null) return fail(`Cannot read "${text}": only strings, numbers, names, tuples, lists and dicts are understood`);
  const reader = { tokens, at: 0 };
  const value = readValue(reader);
  if (value === undefined || reader.at !== tokens.length) return fail(`Cannot read "${text}": it is not a complete Python literal`);
  return succeed(value);
}

function tokenize(text: string): Token[] | null {
  const tokens: Token[] = [];
  const trimmed = text.trim();
  TOKEN.lastIndex = 0;
  for (let at = 0; at < trimmed.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(trimmed);
    if (match === null) return null;
    tokens.push(tokenOf(match));
  }
  return tokens;
}

function tokenOf([, mark, quoted, number, name]: RegExpExecArray): Token {
  if (mark !== undefined) return { kind: "mark", text: mark };
  if (quoted !== undefined) return { kind: "value", value: unquote(quoted) };
  if (number !== undefined) return { kind: "value", value: Number(number) };
  const word = name ?? "";
  return { kind: "value", value: Object.hasOwn(CONSTANTS, word) ? (CONSTANTS[word] ?? null) : `ext://${word}` };
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/gs, (whole, letter: string) => ESCAPES[letter] ?? (/[\\'"]/.test(letter) ? letter : whole));
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
}

/** Undefined where no value stands. */
function readValue(reader: Reader): Literal | undefined {
  const token = reader.tokens[reader.at];
  if (token === undefined) return undefined;
  reader.at += 1;
  if (token.kind === "value") return token.value;
  if (token.text === "(") return readTuple(reader);
  if (token.text === "[") return readItems(reader, "]")?.items;
  return token.text === "{" ? readDict(reader) : undefined;
}

/** Brackets around one value without a comma are only brackets. */
function readTuple(reader: Reader): Literal | undefined {
  const read = readItems(reader, ")");
  if (read === undefined) return undefined;
  return read.items.length === 1 && !read.comma ? read.items[0] : read.items;
}

function readItems(reader: Reader, end: string): { readonly items: readonly Literal[]; readonly comma: boolean } | undefined {
  const items: Literal[] = [];
  let comma = false;
  while (!taken(reader, end)) {
    const value = readValue(reader);
    if (value === undefined) return undefined;
    items.push(value);
    if (taken(reader, ",")) comma = true;
    else if (!nextIs(reader, end)) return undefined;
  }
  return { items, comma };
}

function readDict(reader: Reader): Literal | undefined {
  const entries: [string, Literal][] = [];
  while (!taken(reader, "}")) {
    const key = readValue(reader);
    if (typeof key !== "string" || !taken(reader, ":")) return undefined;
    const value = readValue(reader);
    if (value === undefined) return undefined;
    entries.push([key, value]);
    if (!taken(reader, ",") && !nextIs(reader, "}")) return undefined;
  }
  return Object.fromEntries(entries);
}

function nextIs(reader: Reader, mark: string): boolean {
  const token = reader.tokens[reader.at];
  return token?.kind === "mark" && token.text === mark;
}

function taken(reader: Reader, mark: string): boolean {
  const found = nextIs(reader, mark);
  if (found) reader.at += 1;
  return found;
}
