import test from "node:test";
import assert from "node:assert/strict";
import { matcher } from "../../../src/core/fnmatch.js";
import { type Directories, glob } from "../../../src/config/glob.js";

const MATCHES: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ["web", "web", true],
  ["web", "Web", false],
  ["web", "web1", false],
  ["web*", "web", true],
  ["*", "a/b.c", true],
  ["web?", "web1", true],
  ["web?", "web", false],
  ["web[12]", "web2", true],
  ["web[!12]", "web2", false],
  ["web[!12]", "web3", true],
  ["web[a-c]", "webb", true],
  ["web[c-a]", "webb", false],
  ["[]]", "]", true],
  ["[-a]", "-", true],
  ["web[", "web[", true],
  ["{a,b}", "{a,b}", true],
  ["{a,b}", "a", false],
  ["a.c", "abc", false],
  ["a-b+(c)|/", "a-b+(c)|/", true],
  ["größ?", "größe", true],
];

for (const [pattern, text, matches] of MATCHES) {
  test(`"${pattern}" ${matches ? "matches" : "does not match"} "${text}"`, () => {
    assert.equal(matcher(pattern)(text), matches);
  });
}

/** A disk of the given files. */
function disk(...files: readonly string[]): Directories {
  const below = (directory: string): readonly string[] => {
    const prefix = directory === "/" ? "/" : `${directory}/`;
    return files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length).split("/")[0] ?? "");
  };
  return {
    list: async (directory) => [...new Set(below(directory))].toReversed(),
    exists: async (path) => files.includes(path) || below(path).length > 0,
  };
}

test("glob() finds files in the order of their names, without hidden ones", async () => {
  const found = await glob("/etc/*.d/*.ini", disk("/etc/a.d/2.ini", "/etc/a.d/1.ini", "/etc/a.d/.x.ini", "/etc/b.d/3.ini", "/etc/c/4.ini"));
  assert.deepEqual(found, ["/etc/a.d/1.ini", "/etc/a.d/2.ini", "/etc/b.d/3.ini"]);
});

test("glob() takes a path without a pattern as it is", async () => {
  assert.deepEqual(await glob("/etc/a.ini", disk("/etc/a.ini")), ["/etc/a.ini"]);
  assert.deepEqual(await glob("/etc/b.ini", disk("/etc/a.ini")), []);
});

test("a pattern of many stars takes no longer than its length asks for", () => {
  const fits = matcher(`${"*a".repeat(40)}b`);
  assert.equal(fits("a".repeat(2000)), false);
  assert.equal(fits(`${"a".repeat(2000)}b`), true);
});
