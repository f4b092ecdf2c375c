import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { helpText, OPTIONS, parseCommand, usageText } from "../../../src/main/circus-plugin-options.js";
import { repositoryPath } from "../../helpers/root.js";

const DEFAULTS = {
  ...{ target: "flapping", name: "Flapping", config: {}, endpoint: "tcp://127.0.0.1:5555", pubsub: "tcp://127.0.0.1:5556" },
  ...{
    use: { kind: "builtin", plugin: { folder: "flapping", name: "Flapping" } },
    loglevel: "info",
    logoutput: "-",
    ssh: null,
    circusd: null,
  },
};

test("parseCommand() takes every option of Circus", () => {
  assert.deepEqual(parseCommand(["flapping"], {}), { kind: "start", settings: DEFAULTS });
  const written = [
    ...["--endpoint", "ipc:///run/a", "--pubsub=ipc:///run/b", "--check-delay", "5.0", "--config", "attempts:3:::window:2.5"],
    ...["--log-level", "DEBUG", "--log-output", "out.log", "--ssh", "joe@host:22", "--circusd", "42", "circus.plugins.flapping.Flapping"],
  ];
  const settings = {
    ...DEFAULTS,
    ...{ endpoint: "ipc:///run/a", pubsub: "ipc:///run/b", config: { attempts: "3", window: "2.5" } },
    ...{ loglevel: "debug", logoutput: "out.log", ssh: "joe@host:22", circusd: 42, target: "circus.plugins.flapping.Flapping" },
  };
  assert.deepEqual(parseCommand(written, {}), { kind: "start", settings });
});

test("parseCommand() reads JSON as configuration, and what a plugin is called", () => {
  const names: readonly (readonly [readonly string[], string])[] = [
    [["--config", '{"greeting": "two words"}', "./lib/mine.js:Logger"], "Logger"],
    [["./lib/mine.js"], "mine"],
    [["@me/circus-mine"], "circus-mine"],
    [["--name", "flap", "flapping"], "flap"],
  ];
  for (const [args, name] of names) {
    const command = parseCommand(args, {});
    assert.ok(command.kind === "start");
    assert.equal(command.settings.name, name);
    assert.deepEqual(command.settings.config, args[0] === "--config" ? { greeting: "two words" } : {});
  }
});

test("parseCommand() reads the configuration from a variable, so that no command line shows it", () => {
  const command = parseCommand(["--config", "@OPTIONS", "flapping"], { OPTIONS: '{"password": "a:b"}' });
  assert.ok(command.kind === "start");
  assert.deepEqual(command.settings.config, { password: "a:b" });
  const message = 'argument --config: there is no variable "OPTIONS" in the environment';
  assert.deepEqual(parseCommand(["--config", "@OPTIONS", "flapping"], {}), { kind: "misused", message });
});

test("parseCommand() prints what it is asked for, and the usage where no plugin is named", () => {
  assert.deepEqual(parseCommand([], {}), { kind: "usage" });
  assert.deepEqual(parseCommand(["--help", "--bogus"], {}), { kind: "help" });
  assert.deepEqual(parseCommand(["--version"], {}), { kind: "version" });
});

const MISUSED: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["flapping", "--bogus"], /^unrecognized arguments: --bogus$/],
  [["flapping", "more"], /^unrecognized arguments: more$/],
  [["flapping", "--endpoint"], /^argument --endpoint: expected one argument$/],
  [["flapping", "--log-level", "loud"], /^argument --log-level: invalid choice: 'loud'/],
  [["flapping", "--check-delay", "x"], /^argument --check-delay: invalid number: 'x'$/],
  [["flapping", "--config", "{x"], /^argument --config: it begins like JSON and is none/],
  [["flaping"], /^Cannot run plugin "flaping": there is no such built-in plugin; did you mean "flapping"\?$/],
  [["my.plugins.Logger"], /^Cannot run plugin "my.plugins.Logger": it is a Python name/],
];

for (const [args, message] of MISUSED) {
  test(`parseCommand() refuses ${args.join(" ")}`, () => {
    const command = parseCommand(args, {});
    assert.ok(command.kind === "misused");
    assert.match(command.message, message);
  });
}

test("the help and the man page have every option, and no other", () => {
  const man = readFileSync(repositoryPath("man", "circus-plugin.1"), "utf8");
  const described = [...man.matchAll(/^\.It (?:Fl h , )?Fl Fl (\S+)/gm)].map((match) => match[1]);
  assert.deepEqual(described.sort(), OPTIONS.map(({ name }) => name).sort());
  for (const { name, value } of OPTIONS) {
    assert.ok(helpText().includes(`--${name}`), name);
    assert.equal(new RegExp(`^\\.It (?:Fl h , )?Fl Fl ${name} Ar `, "m").test(man), value !== null, name);
  }
  assert.ok(helpText().startsWith(usageText()));
  for (const line of helpText().split("\n")) assert.ok(line.length <= 80, line);
});
