import assert from "node:assert/strict";
import test from "node:test";
import { matchNames } from "../../../src/os/regex.js";

test("matchNames() matches from the beginning and whatever the case, as Python's re.match", () => {
  const names = ["web", "web-2", "my web", "a\nb"];
  assert.deepEqual(matchNames("WEB", names), { ok: true, value: ["web", "web-2"] });
  assert.deepEqual(matchNames("web$|a", names), { ok: true, value: ["web", "a\nb"] });
  assert.deepEqual(matchNames("x", names), { ok: true, value: [] });
});

test("matchNames() says what is wrong with a pattern", () => {
  const found = matchNames("(", ["web"]);
  assert.match(found.ok ? "" : found.failure, /Cannot read the regular expression "\(": .*Unterminated group/);
});

test("matchNames() gives up on a pattern that would take for ever", () => {
  const found = matchNames("^(a+)+b", ["a".repeat(60)]);
  assert.match(found.ok ? "" : found.failure, /takes too long/);
});
