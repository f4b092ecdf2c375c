import assert from "node:assert/strict";
import test from "node:test";
import { quoteWord, splitWords } from "../../../src/core/words.js";

test("splitWords() splits as a shell does", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["", []],
    ["  list   web ", ["list", "web"]],
    ["status 'My App'", ["status", "My App"]],
    [`a"b c"'d e'f`, ["ab cd ef"]],
    [`"a\\"b\\n" '\\'`, [`a"b\\n`, "\\"]],
    ["a\\ b ''", ["a b", ""]],
  ];
  for (const [line, words] of cases) assert.deepEqual(splitWords(line), { ok: true, value: words }, line);
  for (const line of ["'a", 'a "b', "a\\"]) assert.equal(splitWords(line).ok, false, line);
});

test("quoteWord() leaves plain words alone and is undone by splitWords()", () => {
  for (const word of ["plain", "--x=$(circus.wid)", "/a/b", "a,b;c&d*"]) assert.equal(quoteWord(word), word);
  const odd = ["", "a b", "it's", 'say "x"', "back\\slash", "tab\t"];
  assert.deepEqual(splitWords(odd.map(quoteWord).join(" ")), { ok: true, value: odd });
});
