import assert from "node:assert/strict";
import test from "node:test";
import { splitWords } from "../../../src/os/words.js";

const cases: Readonly<Record<string, readonly string[]>> = {
  "": [],
  "  ": [],
  "a b\tc\nd": ["a", "b", "c", "d"],
  "/srv/check 'two words' --port=80": ["/srv/check", "two words", "--port=80"],
  "a'b c'd": ["ab cd"],
  "'' \"\"": ["", ""],
  "a\\ b \\' \\\\": ["a b", "'", "\\"],
  '"a \\" b" "\\$x" "\\n" "\\\\"': ['a " b', "$x", "\\n", "\\"],
  "'a\\' b": ["a\\", "b"],
  "# no comment $HOME *": ["#", "no", "comment", "$HOME", "*"],
};

for (const [text, words] of Object.entries(cases)) {
  test(`splitWords() of ${JSON.stringify(text)} gives ${words.length} words`, () => {
    assert.deepEqual(splitWords(text), { ok: true, value: words });
  });
}

test("splitWords() refuses what is not closed", () => {
  for (const text of ["'a", '"a', "a \\", '"a\\"']) assert.equal(splitWords(text).ok, false, text);
});
