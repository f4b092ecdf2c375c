import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { argumentsOf, helpText, OPTIONS, parseCommand, usageText } from "../../../src/main/circusd-options.js";
import { repositoryPath } from "../../helpers/root.js";

const NONE = { loglevel: null, logoutput: null, loggerconfig: null, pidfile: null };

test("a command line is read as Circus reads it", () => {
  assert.deepEqual(parseCommand(["a.ini"]), { kind: "start", config: "a.ini", overrides: NONE, daemon: false });
  const args = ["--log-level", "WARNING", "--log-output=-", "--logger-config", "l.ini", "--pidfile", "p", "--daemon", "a.ini"];
  const overrides = { loglevel: "warning", logoutput: "-", loggerconfig: "l.ini", pidfile: "p" };
  assert.deepEqual(parseCommand(args), { kind: "start", config: "a.ini", overrides, daemon: true });
  assert.deepEqual(parseCommand(["a.ini", "--check"]), { kind: "check", config: "a.ini", overrides: NONE });
  assert.deepEqual(parseCommand([]), { kind: "usage" });
  assert.deepEqual(parseCommand(["--daemon"]), { kind: "usage" });
  assert.deepEqual(parseCommand(["--version", "a.ini"]), { kind: "version" });
  assert.deepEqual(parseCommand(["-h"]), { kind: "help" });
  assert.deepEqual(parseCommand(["--help", "a", "b"]), { kind: "help" });
});

test("a long option may be cut short while it stays unique", () => {
  assert.deepEqual(parseCommand(["--pid", "p", "--log-o=x", "a.ini"]), {
    kind: "start",
    config: "a.ini",
    overrides: { ...NONE, pidfile: "p", logoutput: "x" },
    daemon: false,
  });
  assert.deepEqual(parseCommand(["--", "--pid"]), { kind: "start", config: "--pid", overrides: NONE, daemon: false });
});

test("a wrong command line is told in argparse's words", () => {
  const cases: readonly [readonly string[], RegExp][] = [
    [["--log-level", "bogus", "a.ini"], /^argument --log-level: invalid choice: 'bogus' \(choose from 'critical', .*'DEBUG'\)$/],
    [["--log-level", "Info", "a.ini"], /invalid choice: 'Info'/],
    [["a.ini", "b.ini"], /^unrecognized arguments: b\.ini$/],
    [["--bogus", "a.ini"], /^unrecognized arguments: --bogus$/],
    [["-x", "a.ini"], /^unrecognized arguments: -x$/],
    [["a.ini", "--pidfile"], /^argument --pidfile: expected one argument$/],
    [["--log", "x", "a.ini"], /^ambiguous option: --log could match --log-level, --log-output, --logger-config$/],
    [["--check"], /^argument --check: expected a configuration file$/],
  ];
  for (const [args, expected] of cases) {
    const command = parseCommand(args);
    assert.equal(command.kind, "misused", args.join(" "));
    assert.match(command.kind === "misused" ? command.message : "", expected);
  }
});

test("argumentsOf() writes a command line that reads the same", () => {
  const overrides = { loglevel: "debug" as const, logoutput: "--odd", loggerconfig: null, pidfile: "p q" };
  assert.deepEqual(parseCommand(argumentsOf("-a.ini", overrides)), { kind: "start", config: "-a.ini", overrides, daemon: false });
});

test("usage and help fit a terminal and name every option", () => {
  for (const text of [usageText(), helpText()]) {
    for (const { name, short } of OPTIONS) assert.ok(text.includes(short === undefined ? `--${name}` : `-${short}`), name);
    for (const line of text.split("\n")) assert.ok(line.length <= 110, line);
  }
});

test("the manual page and the parser have the same options", () => {
  const page = readFileSync(repositoryPath("man", "circusd.1"), "utf8").replaceAll("\\-", "-");
  const options = page.slice(page.indexOf(".SH OPTIONS"), page.indexOf(".SH SIGNALS"));
  const written = [...options.matchAll(/^\\fB(?:-h\\fR, \\fB)?--([a-z-]+)/gm)].map((match) => match[1]);
  assert.deepEqual([...written].sort(), OPTIONS.map((option) => option.name).sort());
});
