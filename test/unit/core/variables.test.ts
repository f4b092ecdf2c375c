import assert from "node:assert/strict";
import test from "node:test";
import { referencedSockets, replaceVariables } from "../../../src/core/variables.js";

const VALUES: Readonly<Record<string, string>> = { wid: "3", "env.name": "Ada", "sockets.web": "5", "env.app-x.y": "$&", empty: "" };

function replace(text: string): string {
  return replaceVariables(text, (name) => VALUES[name]);
}

const TABLE: readonly (readonly [title: string, text: string, expected: string])[] = [
  ["knows the form with a dollar", "a $(circus.wid) b", "a 3 b"],
  ["knows the form with double brackets", "a ((circus.wid)) b", "a 3 b"],
  ["takes any case", "$(CIRCUS.Env.NAME) $(circus.env.name)", "Ada Ada"],
  ["replaces several, also side by side", "$(circus.wid)$(circus.sockets.web)", "35"],
  ["takes names with dots and hyphens, and values as they stand", "$(circus.env.app-x.y)", "$&"],
  ["replaces by nothing where the value is empty", "<$(circus.empty)>", "<>"],
  ["leaves an unknown name as it was written", "$(circus.Env.NOBODY)", "$(circus.Env.NOBODY)"],
  ["leaves other brackets alone", "$(date) ((x)) $(circus.) $(circus.a b)", "$(date) ((x)) $(circus.) $(circus.a b)"],
  ["does not know braces", "${circus.wid}", "${circus.wid}"],
];

for (const [title, text, expected] of TABLE) {
  test(`replaceVariables() ${title}`, () => {
    assert.equal(replace(text), expected);
  });
}

test("replaceVariables() does not look into the values that it puts in", () => {
  assert.equal(
    replaceVariables("$(circus.env.a)", () => "$(circus.wid)"),
    "$(circus.wid)",
  );
});

test("referencedSockets() names each socket once, in lower case", () => {
  assert.deepEqual(referencedSockets("x $(circus.sockets.Web) ((circus.sockets.api)) $(CIRCUS.SOCKETS.WEB) $(circus.wid)"), ["web", "api"]);
  assert.deepEqual(referencedSockets("plain"), []);
});
