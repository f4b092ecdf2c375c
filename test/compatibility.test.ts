/** docs/compatibility.md and the list of deliberate differences tell the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { differences } from "./fixtures/differences.js";
import { loadTranscript } from "./helpers/transcript.js";
import { repositoryPath } from "./helpers/root.js";

const DOCUMENT = readFileSync(repositoryPath("docs", "compatibility.md"), "utf8");

/** Rows of the table under a heading, without its head. */
function rowsUnder(heading: string): readonly string[] {
  const section = DOCUMENT.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return section.split("\n").filter((line) => line.startsWith("| "));
}

test("every deliberate difference stands in the document as in the list, and the reverse", () => {
  const wanted = differences.map(({ id, circus, here, why }) => `| \`${id}\` | ${circus} | ${here} | ${why} |`);
  const [, ...rows] = rowsUnder("In replies and events");
  assert.deepEqual(rows, wanted);
});

test("every difference has a name of its own and says what, how and why", () => {
  assert.equal(new Set(differences.map(({ id }) => id)).size, differences.length);
  for (const { id, circus, here, why } of differences)
    assert.ok(
      [circus, here, why].every((text) => text.length > 5),
      id,
    );
});

test("every exchange that a difference names is in the recording, and none is named by two", () => {
  const recorded = new Set(loadTranscript().map(({ name }) => name));
  const answered = differences.flatMap(({ refused = {}, accepted = {} }) => [...Object.keys(refused), ...Object.keys(accepted)]);
  const followed = differences.flatMap(({ after = {} }) => Object.keys(after));
  assert.deepEqual(
    [...answered, ...followed].filter((name) => !recorded.has(name)),
    [],
  );
  assert.equal(new Set(answered).size, answered.length);
});

test("what users called bugs of Circus is answered row by row", () => {
  const numbers = rowsUnder("What bothered users of Circus").flatMap((row) => /^\| (\d+) \|/.exec(row)?.[1] ?? []);
  assert.deepEqual(
    numbers,
    Array.from({ length: 21 }, (_, index) => String(index + 1)),
  );
});
