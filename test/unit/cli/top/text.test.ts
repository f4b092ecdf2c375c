import assert from "node:assert/strict";
import test from "node:test";
import { ASCII_SIGNS, UNICODE_SIGNS, clean, columnsOf, fit, fitRight, glyphs, signsOf } from "../../../../src/cli/top/text.js";

test("clean() leaves nothing that a terminal would obey", () => {
  assert.equal(clean("a\u001b[31mb\u0007\u009b1mc\u007f\u0000"), "a[31mb1mc");
  assert.equal(clean("one\ttwo\r\nthree"), "one two three");
  // Right-to-left override, zero-width joiner, line separator, half a surrogate pair, a private character.
  assert.equal(clean("a\u202eb\u200dc\u2028d\ud800e\ue000f\ufe0f"), "abcdef");
  assert.equal(clean("naïve 中文 {bold}"), "naïve 中文 {bold}");
});

test("columnsOf() counts what is drawn: wide characters twice, marks not at all", () => {
  assert.equal(columnsOf("abc"), 3);
  assert.equal(columnsOf("中文"), 4);
  assert.equal(columnsOf("한국"), 4);
  assert.equal(columnsOf("e\u0301"), 1);
  assert.equal(columnsOf("🚀"), 2);
  assert.equal(columnsOf("┃▾…"), 3);
});

test("glyphs() keeps marks with their character, but no heap of them", () => {
  assert.deepEqual(glyphs("e\u0301x"), [
    { text: "e\u0301", columns: 1, marks: 1 },
    { text: "x", columns: 1, marks: 0 },
  ]);
  assert.equal(glyphs(`z${"\u0301".repeat(50)}`)[0]?.text.length, 4);
  assert.deepEqual(glyphs("\u0301"), []);
});

test("fit() makes a text exactly as wide as there is room", () => {
  for (const [text, width, expected] of [
    ["web", 5, "web  "],
    ["web", 3, "web"],
    ["website", 4, "web…"],
    ["中文字", 4, "中… "],
    ["中文字", 5, "中文…"],
    ["web", 1, "…"],
    ["web", 0, ""],
    ["web", -3, ""],
  ] as const) {
    assert.equal(fit(text, width, UNICODE_SIGNS), expected, `${text} in ${width}`);
  }
  assert.equal(fit("naïve 中", 8, ASCII_SIGNS), "na?ve ? ");
  assert.equal(fit("website", 4, ASCII_SIGNS), "web~");
  assert.equal(fitRight("4.0", 6, UNICODE_SIGNS), "   4.0");
  assert.equal(fitRight("123456", 4, UNICODE_SIGNS), "123…");
});

test("the locale decides on signs, LC_ALL before LC_CTYPE before LANG", () => {
  assert.equal(signsOf({ LANG: "de_DE.UTF-8" }), UNICODE_SIGNS);
  assert.equal(signsOf({ LANG: "de_DE.UTF-8", LC_ALL: "C" }), ASCII_SIGNS);
  assert.equal(signsOf({ LC_CTYPE: "C.utf8", LC_ALL: "" }), UNICODE_SIGNS);
  assert.equal(signsOf({}), ASCII_SIGNS);
});
