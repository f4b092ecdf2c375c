import assert from "node:assert/strict";
import test from "node:test";
import { optionTitle, parseArguments, type OptionSpec } from "../../../src/cli/args.js";

const OPTIONS: readonly OptionSpec[] = [
  { name: "log-level", kind: "text", choices: ["debug", "info"], help: "" },
  { name: "daemon", short: "d", kind: "flag", help: "" },
  { name: "wait", kind: "number", metavar: "SECONDS", help: "" },
];

test("parseArguments() gives options wherever they stand, and words as they are", async () => {
  const argv = ["0123", "--wait=1.50", "-1", "--log-level", "info", "-d", "true", "--wait", "-2", "x y", "--", "--daemon"];
  assert.deepEqual(await parseArguments(argv, { options: OPTIONS }), {
    ok: true,
    value: { values: { "log-level": "info", daemon: true, wait: -2 }, words: ["0123", "-1", "true", "x y"], rest: ["--daemon"] },
  });
});

test("parseArguments() reads words without a dash just as it does when an option stands among them", async () => {
  const words = ["list", "my app", "1e3", "__proto__"];
  const plain = await parseArguments(words, { options: OPTIONS });
  const mixed = await parseArguments([...words, "--daemon"], { options: OPTIONS });
  assert.deepEqual(plain, { ok: true, value: { values: {}, words, rest: [] } });
  assert.deepEqual(mixed, { ok: true, value: { values: { daemon: true }, words, rest: [] } });
});

test("parseArguments() halts at the first word where it is told to", async () => {
  const expected = { ok: true, value: { values: { daemon: true }, words: [], rest: ["x", "--wait", "--"] } };
  assert.deepEqual(await parseArguments(["--daemon", "x", "--wait", "--"], { options: OPTIONS, halt: true }), expected);
  assert.deepEqual(await parseArguments(["x", "--wait"], { options: OPTIONS, halt: true }), {
    ok: true,
    value: { values: {}, words: [], rest: ["x", "--wait"] },
  });
});

test("parseArguments() tells what is wrong in argparse's words", async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["--log-level"], "argument --log-level: expected one argument"],
    [["--log-level", "loud"], 'argument --log-level: invalid choice: "loud" (choose from debug, info)'],
    [["--wait", "soon"], 'argument --wait: invalid number "soon"'],
    [["--daemno"], "unrecognized arguments: --daemno; did you mean --daemon?"],
    [["--no-daemon"], "unrecognized arguments: --no-daemon"],
    [["-z", "x"], "unrecognized arguments: -z"],
  ];
  for (const [argv, message] of cases) assert.deepEqual(await parseArguments(argv, { options: OPTIONS }), { ok: false, failure: message });
});

test("parseArguments() takes unknown options for words where it is told to", async () => {
  const read = await parseArguments(["-u", "--x=3", "--daemon"], { options: OPTIONS, loose: true });
  assert.deepEqual(read, { ok: true, value: { values: { daemon: true }, words: ["-u", "--x=3"], rest: [] } });
});

test("optionTitle() names the value", () => {
  assert.deepEqual(OPTIONS.map(optionTitle), ["--log-level LOG_LEVEL", "-d, --daemon", "--wait SECONDS"]);
});
