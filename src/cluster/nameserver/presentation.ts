/** Resource records as people write them: `example.org. 3600 IN MX 10 mail.example.org.` (RFC 1035, 5.1). */
import { fail, succeed, type Result } from "../../core/result.js";
import { absoluteName } from "./names.js";
import { READERS, type Data } from "./rdata.js";

export interface DnsRecord {
  /** With its final dot, as it was written. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
  readonly type: string;
  readonly answer: Data["answer"];
  /** As Circuit shows it: tabs between name, time to live, class, type and data. */
  readonly text: string;
}

/** Seconds that a record holds where it does not say. */
const DEFAULT_TTL = 3600;
const MOST_TTL = 2 ** 31 - 1;
const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
  ["w", 604_800],
]);

/**
 * Reads one record; time to live and class may be left out and stand in either order. The failure says what is wrong with it.
 * @example `parseRecord("www.example.org. 60 IN A 10.0.0.1")`
 */
export function parseRecord(text: string): Result<DnsRecord, string> {
  const read = readRecord(split(text));
  return read.ok ? read : fail(`Cannot read the record "${text.trim()}": ${read.failure}`);
}

function readRecord(words: readonly string[] | null): Result<DnsRecord, string> {
  if (words === null) return fail("a quotation mark is not closed");
  const [first, ...rest] = words;
  if (first === undefined) return fail('it is empty; write one such as "www.example.org. 60 IN A 10.0.0.1"');
  const name = absoluteName(first);
  if (name === null) return fail(`"${first}" is no name of a host or a domain`);
  const head = readHead(rest);
  if (!head.ok) return head;
  const { ttl, words: data } = head.value;
  const [word, ...fields] = data;
  if (word === undefined) return fail("it has no type, such as A or MX");
  const type = word.toUpperCase();
  const read = READERS.get(type);
  if (read === undefined) return fail(`"${word}" is neither a time to live nor a type that is served: ${[...READERS.keys()].join(", ")}`);
  const made = read(fields);
  if (!made.ok) return made;
  return succeed({ name, ttl, type, answer: made.value.answer, text: [name, String(ttl), "IN", type, made.value.text].join("\t") });
}

/** Time to live and class, each at most once. */
function readHead(words: readonly string[]): Result<{ readonly ttl: number; readonly words: readonly string[] }, string> {
  let ttl: number | null = null;
  let at = 0;
  for (; at < 2; at += 1) {
    const word = words[at];
    if (word === undefined) break;
    if (/^(CH|HS|CS|ANY)$/i.test(word)) return fail(`class ${word.toUpperCase()} is not served, only IN is`);
    if (word.toUpperCase() === "IN") continue;
    if (!/^\d/.test(word)) break;
    ttl = parseTtl(word);
    if (ttl === null) return fail(`"${word}" is no time to live; write seconds, or 1h30m`);
  }
  return succeed({ ttl: ttl ?? DEFAULT_TTL, words: words.slice(at) });
}

function parseTtl(text: string): number | null {
  const parts = text.toLowerCase().match(/\d+[smhdw]?/g) ?? [];
  if (parts.join("") !== text.toLowerCase()) return null;
  const seconds = parts.reduce((sum, part) => sum + Number.parseInt(part, 10) * (UNITS.get(part.at(-1) ?? "") ?? 1), 0);
  return seconds <= MOST_TTL ? seconds : null;
}

/** Words and quoted texts, the latter with their opening mark; brackets and comments are passed over. Null where a quotation is not closed. */
function split(text: string): readonly string[] | null {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== "" && !rest.startsWith(";")) {
    const match = /^(?:"((?:[^"\\]|\\.)*)"|[()]|([^\s"();]+))/s.exec(rest);
    if (match === null) return null;
    const [all, quoted, word] = match;
    if (quoted !== undefined) words.push(`"${quoted.replace(/\\(.)/gs, "$1")}`);
    else if (word !== undefined) words.push(word);
    rest = rest.slice(all.length).trimStart();
  }
  return words;
}
