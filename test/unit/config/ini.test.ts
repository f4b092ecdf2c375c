import test from "node:test";
import assert from "node:assert/strict";
import { mergeSections, parseIni } from "../../../src/config/ini.js";

type Read = Readonly<Record<string, Readonly<Record<string, string>>>>;

function read(text: string): Read {
  const { sections } = parseIni(text, "circus.ini");
  return Object.fromEntries(
    mergeSections(sections).map(({ name, entries }) => [name, Object.fromEntries(entries.map(({ key, value }) => [key, value]))]),
  );
}

function told(text: string): readonly string[] {
  const { sections, diagnostics } = parseIni(text, "circus.ini");
  const all = [...diagnostics, ...mergeSections(sections).flatMap((section) => section.diagnostics)];
  return all.map(({ severity, message, place }) => `${place?.line ?? 0} ${severity}: ${message}`);
}

const DIALECT: readonly (readonly [fact: string, text: string, expected: Read])[] = [
  ["a key and its value stand around an equals sign", "[a]\nk = v", { a: { k: "v" } }],
  ["a colon does as well", "[a]\nk: v\nl:w", { a: { k: "v", l: "w" } }],
  ["the first of both separates", "[a]\nurl = http://x:1/?a=b\nk: a=b", { a: { url: "http://x:1/?a=b", k: "a=b" } }],
  ["spaces around keys and values do not count", "[a]\nk   =   v w  ", { a: { k: "v w" } }],
  ["keys are case-sensitive", "[a]\nk = 1\nK = 2", { a: { k: "1", K: "2" } }],
  ["values stay text", '[a]\nb = true\nn = 007\nq = "x"', { a: { b: "true", n: "007", q: '"x"' } }],
  ["dots do not nest", "[a.b]\nstdout_stream.class = FileStream\nk[] = 1", { "a.b": { "stdout_stream.class": "FileStream", "k[]": "1" } }],
  ["an empty value is an empty text", "[a]\nk =\nl = \nm:", { a: { k: "", l: "", m: "" } }],
  ['"" is an empty text', '[a]\nk = ""', { a: { k: "" } }],
  ["a line that begins with # or ; is a comment", "[a]\n# k = 1\n;k = 2\nk = 3", { a: { k: "3" } }],
  ["a line that begins with rem is a comment, remote = x is none", "[a]\nrem k = 1\nREM\nremote = x", { a: { remote: "x" } }],
  ["; after a space begins a comment", "[a]\nk = v ; note\nl = v\t; note", { a: { k: "v", l: "v" } }],
  ["; without a space does not", "[a]\nk = a;b", { a: { k: "a;b" } }],
  ["only the first ; is looked at", "[a]\nk = sh -c 'a; b ; c'", { a: { k: "sh -c 'a; b ; c'" } }],
  ['"" before a comment is an empty text', '[a]\nk = "" ; none', { a: { k: "" } }],
  ["; in first place belongs to the value", "[a]\nk = ; v", { a: { k: "; v" } }],
  ["# after a space belongs to the value", "[a]\nk = v # w", { a: { k: "v # w" } }],
  ["% has no meaning", "[a]\nk = %Y-%m-%d %(x)s", { a: { k: "%Y-%m-%d %(x)s" } }],
  ["an indented line continues the value", "[a]\nk = one\n  two\n\tthree", { a: { k: "one\ntwo\nthree" } }],
  ["a value may begin in the line after its key", "[a]\nk =\n  one", { a: { k: "\none" } }],
  ["empty lines and comments do not end a value", "[a]\nk = one\n\n# note\n  two", { a: { k: "one\ntwo" } }],
  ["; in a continuation line belongs to the value", "[a]\nk = one\n  two ; three", { a: { k: "one\ntwo ; three" } }],
  ["an indented comment belongs to the value", "[a]\nk = one\n  # two", { a: { k: "one\n# two" } }],
  ["an indented comment under a header is a comment", "[a]\n  # k = 1\n  ; l\nk = 2", { a: { k: "2" } }],
  ["an indented line after a header is an option", "[a]\n  k = v", { a: { k: "v" } }],
  ["the first value of a key counts", "[a]\nk = 1\nk = 2", { a: { k: "1" } }],
  ["a line that continues an ignored value is ignored too", "[a]\nk = 1\nk = 2\n  3", { a: { k: "1" } }],
  ["a section that stands twice is one", "[a]\nk = 1\n[b]\nx = y\n[a]\nk = 2\nl = 3", { a: { k: "1", l: "3" }, b: { x: "y" } }],
  [
    "section names are case-sensitive and may hold spaces",
    "[watcher:My App]\nk = 1\n[A]\n[a]\n",
    { "watcher:My App": { k: "1" }, A: {}, a: {} },
  ],
  ["a section name may hold brackets", "[env:web[12]]\nk = 1", { "env:web[12]": { k: "1" } }],
  ["a comment may follow a header", "[a] ; see [b]\nk = 1\n[c] # x\n", { a: { k: "1" }, c: {} }],
  ["[DEFAULT] gives what a section lacks", "[DEFAULT]\nk = 1\nl = 2\n[a]\nk = 3", { DEFAULT: { k: "1", l: "2" }, a: { k: "3", l: "2" } }],
  ["lines may end in CRLF or CR", "[a]\r\nk = 1\r\n  2\r\n[b]\rk = 3\r", { a: { k: "1\n2" }, b: { k: "3" } }],
  ["a byte order mark does not count", "\uFEFF[a]\nk = 1", { a: { k: "1" } }],
  ["keys and values may be in any script", "[watcher:größe]\nключ = 値\u2028x", { "watcher:größe": { ключ: "値\u2028x" } }],
  [
    "no key is special",
    "[a]\n__proto__ = 1\n__name__ = 2\nconstructor = 3",
    {
      a: Object.fromEntries([
        ["__proto__", "1"],
        ["__name__", "2"],
        ["constructor", "3"],
      ]),
    },
  ],
  ["an empty text has no sections", "", {}],
];

for (const [fact, text, expected] of DIALECT) {
  test(`in circus.ini ${fact}`, () => {
    assert.deepEqual(read(text), expected);
  });
}

const FAULTS: readonly (readonly [text: string, ...messages: readonly string[]])[] = [
  ["k = 1\nl = 2\n[a]\nm = 3", '1 error: Cannot read "k = 1": no section such as [circus] has begun yet'],
  [
    "[a]\nnonsense\nk = 1\nmore",
    '2 error: Cannot read "nonsense": expected "key = value" or "[section]"',
    '4 error: Cannot read "more": expected "key = value" or "[section]"',
  ],
  ["[a]\n= 1", '2 error: Cannot read "= 1": expected "key = value" or "[section]"'],
  ["[a\nk = 1", '1 error: Cannot read "[a": no section such as [circus] has begun yet'],
  ["[a]\nk = 1\n\nk = 2", '4 warning: "k" in [a] is ignored: its first value, in line 2, counts'],
  ["[a]\nk = 1\n  ; note", '3 warning: This indented comment is part of the value of "k": begin it in the first column'],
  ["[a]\nk = ; none", '2 warning: The value of "k" begins with a semicolon: write "" before it if the value is empty'],
  [
    "[a]\ncmd = x\n  numprocesses = 2",
    '3 warning: This indented line is part of the value of "cmd": begin it in the first column if it is an option',
  ],
];

for (const [text, ...messages] of FAULTS) {
  test(`parseIni() tells what is wrong with ${JSON.stringify(text)}`, () => {
    assert.deepEqual(told(text), messages);
  });
}

test("parseIni() reads on after a line that it cannot read", () => {
  assert.deepEqual(read("[a]\nnonsense\nk = 1"), { a: { k: "1" } });
});

test("mergeSections() names the file of the value that counts", () => {
  const sections = [...parseIni("[a]\nk = 1", "one.ini").sections, ...parseIni("[a]\nk = 2", "two.ini").sections];
  const [merged] = mergeSections(sections);
  assert.deepEqual(merged?.diagnostics, [
    {
      severity: "warning",
      message: '"k" in [a] is ignored: its first value, in one.ini, line 2, counts',
      place: { file: "two.ini", line: 2 },
    },
  ]);
});
