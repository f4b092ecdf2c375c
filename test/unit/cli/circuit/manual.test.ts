/** The page of `circuit` and its document tell of every command, and its help of each by itself. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { COMMANDS, OWN_COMMANDS, isCommand, isOwnCommand } from "../../../../src/cli/circuit/commands.js";
import { commandHelp, mainHelp, synopsis } from "../../../../src/cli/circuit/help.js";
import { repositoryPath } from "../../../helpers/root.js";

const NAMES = [...Object.keys(COMMANDS), ...Object.keys(OWN_COMMANDS)].filter((name) => isCommand(name) || isOwnCommand(name));

test("man/circuit.1 tells of every command", () => {
  const page = readFileSync(repositoryPath("man", "circuit.1"), "utf8");
  const told = [...page.matchAll(/^\.It Cm (\S+)/gm)].map(([, name]) => name);
  assert.deepEqual(told, NAMES);
});

test("docs/circuit.md tells of every command", () => {
  const text = readFileSync(repositoryPath("docs", "circuit.md"), "utf8");
  const untold = NAMES.filter(
    (name) => name !== "help" && !new RegExp(`\`[^\`\n]*(circuit )?${name}\\b|\\$.*circuit ${name}\\b`).test(text),
  );
  assert.deepEqual(untold, []);
});

test("every command has a help text with its synopsis and flags", () => {
  for (const name of NAMES) {
    const text = commandHelp(name);
    assert.ok(text.includes(`usage: ${synopsis(name)}\n`) && text.includes("-h, --help"), name);
    assert.ok(mainHelp().includes(`\n  ${name} `), name);
    assert.ok(
      text.split("\n").every((line) => line.length < 80),
      name,
    );
  }
});
