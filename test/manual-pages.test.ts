/** Every program has its page, with every option of its help and no other; the protocol's page knows every command. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { commandNames } from "../src/cli/commands.js";
import { COMMAND_OPTIONS } from "../src/cli/options.js";
import { ERRNO } from "../src/wire/contract.js";
import { repositoryPath } from "./helpers/root.js";

const PROGRAMS = readdirSync(repositoryPath("bin")).map((file) => file.replace(/\.js$/, ""));

function page(name: string): string {
  // One spelling of dashes for both sets of macros.
  return readFileSync(repositoryPath("man", name), "utf8").replaceAll("\\-", "-").replaceAll("Fl Fl ", "--");
}

/** The options that a page explains: those in the heads of its list items. */
function explained(text: string): readonly string[] {
  const heads = [...text.matchAll(/^(?:\.It |\.TP\n)(.*)$/gm)].map(([, head = ""]) => head);
  return sorted(heads.filter((head) => !head.startsWith("Cm ")).flatMap(optionsIn));
}

function optionsIn(text: string): readonly string[] {
  return [...text.matchAll(/--([a-z][\w-]*)/g)].map(([, name = ""]) => name);
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

function help(program: string): string {
  const { status, stdout } = spawnSync(process.execPath, [repositoryPath("bin", `${program}.js`), "--help"], { encoding: "utf8" });
  assert.equal(status, 0, program);
  return stdout;
}

/** The options that a help text lists, each at the head of its line. */
function listed(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => optionsIn(/^ {2,}(?:-\w\b.*?, )?--[a-z][\w-]*/.exec(line)?.[0] ?? ""));
}

for (const program of PROGRAMS) {
  test(`man/${program}.1 and ${program} --help tell of the same options, out of one table`, () => {
    assert.match(page(`${program}.1`), /OPTIONS of src\/\S+, written by npm run manual:$/m);
    const own = listed(help(program));
    const ofCommands = program === "circusctl" ? Object.keys(COMMAND_OPTIONS) : [];
    assert.ok(own.length > 2, program);
    assert.deepEqual(explained(page(`${program}.1`)), sorted([...own, ...ofCommands]));
  });
}

test("man/circusctl.1 tells of every command, out of their table", () => {
  const text = page("circusctl.1").split(/^\.\\" COMMANDS of src\/\S+, written by npm run manual:$/m)[1] ?? "";
  const told = [...(text.split('.\\" End of COMMANDS.')[0] ?? "").matchAll(/^\.It Cm (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(told, commandNames());
});

test("no page needs more of its reader than ASCII", () => {
  for (const name of readdirSync(repositoryPath("man"))) assert.match(page(name), /^[\n -~]*$/, name);
});

test("docs/protocol.md, and with it man/circus-protocol.7, has every command and every errno", () => {
  const text = readFileSync(repositoryPath("docs", "protocol.md"), "utf8");
  const table = (heading: string): readonly string[] =>
    (text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0]?.split("\n### ")[0] ?? "").split("\n").filter((line) => line.startsWith("| "));
  const commands = table("Commands").flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
  assert.deepEqual(commands.sort(), commandNames());
  const numbers = table("Errors").flatMap((row) => /^\| (\d) \|/.exec(row)?.[1] ?? []);
  assert.deepEqual(
    numbers.map(Number),
    Object.values(ERRNO).filter((errno) => errno !== ERRNO.unspecified),
  );
});
