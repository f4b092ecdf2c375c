import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { helpText, OPTIONS, parseCommand, usageText } from "../../../src/main/circusd-stats-options.js";
import { repositoryPath } from "../../helpers/root.js";

test("without options circusd is looked for where it is by default", () => {
  assert.deepEqual(parseCommand([]), {
    kind: "start",
    settings: {
      endpoint: "tcp://127.0.0.1:5555",
      pubsub: "tcp://127.0.0.1:5556",
      statspoint: "tcp://127.0.0.1:5557",
      loglevel: "info",
      logoutput: "-",
      ssh: null,
      sockets: new Map(),
      children: false,
      circusd: null,
    },
  });
});

test("every option is read, and sockets as often as they come", () => {
  const endpoints = ["--endpoint", "ipc:///c", "--pubsub=ipc:///e", "--statspoint", "ipc:///s"];
  const more = [
    "--socket",
    "web=3",
    "--socket",
    "a=b=4",
    "--children",
    "--circusd",
    "42",
    "--log-level",
    "DEBUG",
    "--log-output",
    "f",
    "--ssh",
    "me@far",
  ];
  const command = parseCommand([...endpoints, ...more]);
  assert.ok(command.kind === "start");
  const sockets = new Map([
    ["web", 3],
    ["a=b", 4],
  ]);
  const settings = { endpoint: "ipc:///c", pubsub: "ipc:///e", statspoint: "ipc:///s", loglevel: "debug", logoutput: "f", ssh: "me@far" };
  assert.deepEqual(command.settings, { ...settings, sockets, children: true, circusd: 42 });
});

test("a wrong command line is told in argparse's words", () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--socket", "web"], /^argument --socket: invalid value: 'web' \(write NAME=FD, such as web=3\)$/],
    [["--socket"], /^argument --socket: expected one argument$/],
    [["--circusd", "0"], /^argument --circusd: invalid value: '0' \(write its PID\)$/],
    [["--log-level", "loud"], /^argument --log-level: invalid choice: 'loud' \(choose from 'critical', /],
    [["circus.ini"], /^unrecognized arguments: circus\.ini$/],
    [["--s", "x"], /^ambiguous option: --s could match --statspoint, --socket, --ssh$/],
  ];
  for (const [args, expected] of cases) {
    const command = parseCommand(args);
    assert.match(command.kind === "misused" ? command.message : command.kind, expected);
  }
  assert.equal(parseCommand(["-h"]).kind, "help");
  assert.equal(parseCommand(["--version"]).kind, "version");
});

test("usage, help and manual page name every option, and the page no other", () => {
  const page = readFileSync(repositoryPath("man", "circusd-stats.1"), "utf8").replaceAll("\\-", "-");
  const described = [...page.matchAll(/^(?:\\fB-\w\\fR, )?\\fB--([a-z-]+)\\fR/gm)].map((match) => match[1]);
  assert.deepEqual(described.sort(), OPTIONS.map(({ name }) => name).sort());
  for (const text of [usageText(), helpText()]) {
    for (const { name, short } of OPTIONS) assert.ok(text.includes(short === undefined ? `--${name}` : `-${short}`), name);
    for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
  }
});
