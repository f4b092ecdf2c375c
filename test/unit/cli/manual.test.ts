import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { optionTitle } from "../../../src/cli/args.js";
import { commandNames, loadCommand } from "../../../src/cli/commands.js";
import { synopsis } from "../../../src/cli/help.js";
import { localNames, localSynopsis } from "../../../src/cli/local.js";
import { COMMAND_OPTIONS, GLOBAL_OPTIONS } from "../../../src/cli/options.js";
import { circusctl } from "../../helpers/circusctl.js";
import { repositoryPath } from "../../helpers/root.js";

const man = readFileSync(repositoryPath("man", "circusctl.1"), "utf8");
const docs = readFileSync(repositoryPath("docs", "circusctl.md"), "utf8");

test("--help lists every command and every option, in lines of at most 80 characters", async () => {
  for (const argv of [["--help"], ["help"], ["-h"], ["help", "--help"]]) {
    const { code, stdout, requests } = await circusctl(argv);
    for (const name of [...commandNames(), ...localNames()]) assert.match(stdout, new RegExp(`^  ${name} +\\w`, "m"));
    for (const option of GLOBAL_OPTIONS) assert.ok(stdout.includes(`  ${optionTitle(option)}`), option.name);
    assert.equal(code, 0);
    assert.deepEqual(requests, []);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
  }
});

test("every command has its help, asked for in three ways", async () => {
  for (const name of commandNames()) {
    const command = await loadCommand(name);
    const [first, second, third] = await Promise.all([circusctl(["--help", name]), circusctl([name, "--help"]), circusctl(["help", name])]);
    assert.ok(first.stdout.includes(`usage: ${synopsis(command)}\n`), name);
    assert.ok(first.stdout.includes("ZMQ message") && first.stdout.includes("Examples"), name);
    assert.deepEqual([second, third], [first, first]);
    assert.equal(first.code, 0);
    assert.equal(command.name, name);
  }
});

test("a command that asks no daemon has its help, asked for in three ways", async () => {
  for (const name of localNames()) {
    const [first, second, third] = await Promise.all([circusctl(["--help", name]), circusctl([name, "--help"]), circusctl(["help", name])]);
    assert.ok(first.stdout.includes(`usage: ${localSynopsis(name)}\n`), name);
    assert.deepEqual([second, third], [first, first]);
    assert.deepEqual([first.code, first.requests], [0, []]);
  }
});

test("the examples of every command are read without a mistake", async () => {
  const { splitWords } = await import("../../../src/core/words.js");
  for (const name of commandNames()) {
    // These two go on until they are interrupted.
    if (name === "listen" || name === "tail") continue;
    const { manual } = await loadCommand(name);
    assert.ok(manual.examples.length > 0, name);
    for (const example of manual.examples) {
      const words = splitWords(example);
      assert.ok(words.ok && words.value[0] === "circusctl", example);
      const { code, stderr, requests } = await circusctl(words.value.slice(1));
      assert.deepEqual([code, stderr, requests.length], [0, "", 1], example);
    }
  }
});

test("--version tells the version", async () => {
  for (const argv of [["--version"], ["list", "--version"]]) assert.equal((await circusctl(argv)).stdout, "circusctl 1.2.3\n");
});

test("the man page has every command and option of the parser, and no other", async () => {
  const commands = [...man.matchAll(/^\.It Cm (\S+)/gm)].map((match) => match[1]);
  assert.deepEqual(commands, [...commandNames(), ...localNames()]);
  for (const name of commandNames()) {
    const entry = man.split(`\n.It Cm ${name}`)[1]?.split("\n.It Cm ")[0]?.split("\n")[0] ?? "";
    const flags = [...entry.matchAll(/Fl Fl (\w+)/g)].map((match) => match[1]);
    assert.deepEqual(flags.sort(), [...(await loadCommand(name)).options].sort(), name);
  }
  const options = [...man.matchAll(/^\.It (?:Fl \w , )?Fl Fl (\w+)/gm)].map((match) => match[1]);
  assert.deepEqual(options, [...GLOBAL_OPTIONS.map(({ name }) => name), ...Object.keys(COMMAND_OPTIONS)]);
});

test("the page of circusctl in docs has every command as the help shows it, and every option", async () => {
  for (const name of commandNames()) assert.ok(docs.includes(`\`${synopsis(await loadCommand(name)).replace("circusctl ", "")}\``), name);
  for (const name of localNames()) assert.ok(docs.includes(`\`${localSynopsis(name).replace("circusctl ", "")}\``), name);
  for (const option of GLOBAL_OPTIONS) assert.ok(docs.includes(`\`--${option.name}`), option.name);
});

test("help shows the commands that a daemon adds, and asks nobody where none listens", async () => {
  const commands = [{ name: "deploy", summary: "Bring out a version", operands: "<version>", help: "" }];
  const there = await circusctl(["help"], { listening: true, answer: () => ({ commands }) });
  assert.match(there.stdout, /^ {2}deploy +Bring out a version$/m);
  const gone = await circusctl(["help"], { answer: () => ({ commands }) });
  assert.doesNotMatch(gone.stdout, /deploy/);
  assert.deepEqual(gone.requests, []);
});
