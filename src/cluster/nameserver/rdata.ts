/** The data of each type of record: from the words of a line to what goes into an answer, and to the text that is shown. */
import type { Answer } from "dns-packet";
import { fail, succeed, type Result } from "../../core/result.js";
import { absoluteName } from "./names.js";

/** What every record has besides its data. */
export interface Owner {
  readonly name: string;
  readonly ttl: number;
  readonly class: "IN";
}

export interface Data {
  readonly answer: (owner: Owner) => Answer;
  /** The fields as a zone file has them. */
  readonly text: string;
}

/** Reads the words after the type; a quoted one begins with its quotation mark. The failure says what was expected. */
type Read = (words: readonly string[]) => Result<Data, string>;

/** Types that are served, by their names. */
export const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["A", single("an IPv4 address", ipv4, (data) => (owner) => ({ ...owner, type: "A", data }))],
  ["AAAA", single("an IPv6 address", ipv6, (data) => (owner) => ({ ...owner, type: "AAAA", data }))],
  ["CNAME", single("a name", absoluteName, (data) => (owner) => ({ ...owner, type: "CNAME", data }))],
  ["DNAME", single("a name", absoluteName, (data) => (owner) => ({ ...owner, type: "DNAME", data }))],
  ["NS", single("a name", absoluteName, (data) => (owner) => ({ ...owner, type: "NS", data }))],
  ["PTR", single("a name", absoluteName, (data) => (owner) => ({ ...owner, type: "PTR", data }))],
  ["MX", mx],
  ["SRV", srv],
  ["SOA", soa],
  ["TXT", txt],
  ["CAA", caa],
  ["HINFO", hinfo],
  ["NAPTR", naptr],
]);

function single(what: string, read: (word: string) => string | null, make: (data: string) => Data["answer"]): Read {
  return ([word, ...others]) => {
    const data = word === undefined || others.length > 0 ? null : read(word);
    return data === null ? fail(`its data has to be ${what}`) : succeed({ answer: make(data), text: data });
  };
}

function mx([first, last, ...others]: readonly string[]): Result<Data, string> {
  const preference = small(first);
  const exchange = last === undefined ? null : absoluteName(last);
  if (preference === null || exchange === null || others.length > 0)
    return fail("its data has to be a preference and a name, such as 10 mail.example.org.");
  return succeed({ answer: (owner) => ({ ...owner, type: "MX", data: { preference, exchange } }), text: `${preference} ${exchange}` });
}

function srv([one, two, three, last, ...others]: readonly string[]): Result<Data, string> {
  const [priority, weight, port] = [small(one), small(two), small(three)];
  const target = last === undefined ? null : absoluteName(last);
  if (priority === null || weight === null || port === null || target === null || others.length > 0)
    return fail("its data has to be priority, weight, port and a name, such as 0 5 5060 sip.example.org.");
  const data = { priority, weight, port, target };
  return succeed({ answer: (owner) => ({ ...owner, type: "SRV", data }), text: `${priority} ${weight} ${port} ${target}` });
}

function soa([first, second, ...rest]: readonly string[]): Result<Data, string> {
  const [mname, rname] = [first, second].map((word) => (word === undefined ? null : absoluteName(word)));
  const numbers = rest.map((word) => whole(word, 2 ** 32 - 1));
  const [serial, refresh, retry, expire, minimum, ...others] = numbers;
  const complete = [serial, refresh, retry, expire, minimum].every((number) => number !== undefined && number !== null);
  if (mname === null || mname === undefined || rname === null || rname === undefined || !complete || others.length > 0)
    return fail("its data has to be two names and five numbers: primary, mailbox, serial, refresh, retry, expire, minimum");
  const data = { mname, rname, serial: serial ?? 0, refresh: refresh ?? 0, retry: retry ?? 0, expire: expire ?? 0, minimum: minimum ?? 0 };
  return succeed({ answer: (owner) => ({ ...owner, type: "SOA", data }), text: [mname, rname, ...numbers].join(" ") });
}

function txt(words: readonly string[]): Result<Data, string> {
  const texts = words.map(unquote);
  if (texts.length === 0) return fail('its data has to be a text, such as "v=spf1 -all"');
  const long = texts.find((text) => new TextEncoder().encode(text).length > 255);
  if (long !== undefined) return fail("one of its texts is longer than 255 bytes: split it into several");
  return succeed({ answer: (owner) => ({ ...owner, type: "TXT", data: [...texts] }), text: texts.map(quote).join(" ") });
}

function caa([first, tag, last, ...others]: readonly string[]): Result<Data, string> {
  const flags = whole(first, 255);
  if (flags === null || (tag !== "issue" && tag !== "issuewild" && tag !== "iodef") || last === undefined || others.length > 0)
    return fail('its data has to be flags, issue, issuewild or iodef, and a value, such as 0 issue "ca.example.org"');
  const value = unquote(last);
  return succeed({
    answer: (owner) => ({ ...owner, type: "CAA", data: { flags, issuerCritical: flags > 127, tag, value } }),
    text: `${flags} ${tag} ${quote(value)}`,
  });
}

function hinfo([first, second, ...others]: readonly string[]): Result<Data, string> {
  if (first === undefined || second === undefined || others.length > 0) return fail("its data has to be two texts: processor and system");
  const [cpu, os] = [unquote(first), unquote(second)];
  return succeed({ answer: (owner) => ({ ...owner, type: "HINFO", data: { cpu, os } }), text: `${quote(cpu)} ${quote(os)}` });
}

function naptr([one, two, three, four, five, last, ...others]: readonly string[]): Result<Data, string> {
  const [order, preference] = [small(one), small(two)];
  const replacement = last === undefined ? null : absoluteName(last);
  if (
    order === null ||
    preference === null ||
    three === undefined ||
    four === undefined ||
    five === undefined ||
    replacement === null ||
    others.length > 0
  )
    return fail('its data has to be order, preference, three texts and a name, such as 100 10 "u" "E2U+sip" "" .');
  const [flags, services, regexp] = [unquote(three), unquote(four), unquote(five)];
  return succeed({
    answer: (owner) => ({ ...owner, type: "NAPTR", data: { order, preference, flags, services, regexp, replacement } }),
    text: `${order} ${preference} ${[flags, services, regexp].map(quote).join(" ")} ${replacement}`,
  });
}

function ipv4(word: string): string | null {
  const bytes = word.split(".");
  return bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256) ? bytes.map(Number).join(".") : null;
}

/** The form that a URL gives an address is the shortest one. */
function ipv6(word: string): string | null {
  if (!/^[0-9a-fA-F:.]+$/.test(word)) return null;
  try {
    return new URL(`http://[${word}]/`).hostname.slice(1, -1);
  } catch {
    return null;
  }
}

function small(word: string | undefined): number | null {
  return whole(word, 65_535);
}

function whole(word: string | undefined, most: number): number | null {
  return word !== undefined && /^\d{1,10}$/.test(word) && Number(word) <= most ? Number(word) : null;
}

function unquote(word: string): string {
  return word.startsWith('"') ? word.slice(1) : word;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
