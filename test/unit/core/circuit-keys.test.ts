/** The key file of a circuit. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { parseKeys } from "../../../src/core/circuit/keys.js";

test("parseKeys() reads what keygen writes, the first key first", () => {
  for (const length of [32, 33, 34, 64]) {
    const keys = [randomBytes(length), randomBytes(length)];
    const text = `# of our circuit\n${keys.map((key) => key.toString("base64")).join("\r\n")}\n\n`;
    const read = parseKeys(text);
    assert.ok(read.ok);
    assert.deepEqual(
      read.value.map((key) => Buffer.from(key)),
      keys,
    );
  }
});

test("parseKeys() reads the alphabet for addresses as well", () => {
  const key = Buffer.alloc(32, 0xfb);
  const read = parseKeys(key.toString("base64url"));
  assert.deepEqual(read.ok ? Buffer.from(read.value[0] ?? []) : null, key);
});

for (const [title, text, fault] of [
  ["an empty file", "", /there is no key in it: make one with "circuit keygen"/],
  ["a short key", `# one\n${Buffer.alloc(31).toString("base64")}`, /line 2 is no key/],
  ["another text", "-----BEGIN PRIVATE KEY-----", /line 1 is no key/],
  ["half a byte", `${Buffer.alloc(33).toString("base64")}A`, /line 1 is no key/],
] as const) {
  test(`parseKeys() refuses ${title}`, () => {
    const read = parseKeys(text);
    assert.ok(!read.ok);
    assert.match(read.failure, fault);
  });
}
