import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { helpText, OPTIONS, parseCommand } from "../../../src/main/circushttpd-options.js";
import { repositoryPath } from "../../helpers/root.js";

function settings(...args: readonly string[]) {
  const command = parseCommand(args);
  assert.ok(command.kind === "start", JSON.stringify(command));
  return command.settings;
}

test("circushttpd without options shows the daemon of this host on the loopback", () => {
  assert.deepEqual(settings(), {
    ...{
      daemons: [{ id: "local", endpoint: "tcp://127.0.0.1:5555" }],
      host: "localhost",
      port: 8080,
      fd: null,
      circusd: null,
      allowedHosts: [],
    },
    ...{ passwordFile: null, tokenFile: null, certfile: null, keyfile: null, loglevel: "info", logoutput: "-", ssh: null },
  });
});

test("daemons have the names that they are given, or some that tell them apart", () => {
  const endpoints = [
    "east=tcp://10.0.0.1:5555",
    "tcp://web1.example:5555",
    "ipc:///run/a=b.sock",
    "tcp://web1.example:5556",
    "tcp://[::1]:5555",
  ];
  const { daemons } = settings(...endpoints.flatMap((endpoint) => ["--endpoint", endpoint]));
  assert.deepEqual(daemons, [
    { id: "east", endpoint: "tcp://10.0.0.1:5555" },
    { id: "web1.example", endpoint: "tcp://web1.example:5555" },
    { id: "local", endpoint: "ipc:///run/a=b.sock" },
    { id: "web1.example-2", endpoint: "tcp://web1.example:5556" },
    { id: "local-2", endpoint: "tcp://[::1]:5555" },
  ]);
});

test("what circusd hands over is understood", () => {
  const given = settings("--fd", "3", "--host", "[::1]", "--allow-host", "a", "--allow-host", "b:8443", "--log-level", "DEBUG");
  assert.deepEqual([given.fd, given.host, given.allowedHosts, given.loglevel], [3, "::1", ["a", "b:8443"], "debug"]);
});

const MISUSED: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["--port", "70000"], /^argument --port: invalid port: '70000'/],
  [["--port", "http"], /^argument --port: invalid port: 'http'/],
  [["--fd", "-1"], /^argument --fd/],
  [["--circusd", "me"], /^argument --circusd: invalid value: 'me'/],
  [["--certfile", "a"], /^argument --certfile: goes together with --keyfile$/],
  [["--endpoint", "udp://a:1"], /^argument --endpoint: invalid endpoint: 'udp:\/\/a:1'/],
  [["--endpoint", "a=ipc:///x", "--endpoint", "a=ipc:///y"], /the name 'a' is given twice$/],
  [["--add-user", "alice"], /name the file with --password-file$/],
  [["--add-user", "a:b", "--password-file", "f"], /^argument --add-user: invalid name: 'a:b'/],
  [["--add-user", "#a", "--password-file", "f"], /^argument --add-user: invalid name/],
  [["--add-token"], /name the file with --token-file$/],
  [["--add-token", "--token-file", "f", "--role", "root"], /^argument --role: invalid choice: 'root'/],
  [["--add-user", "a", "--add-token", "--password-file", "f"], /not together with --add-user$/],
  [["--role", "read"], /only with --add-user or --add-token$/],
  [["--log-level", "loud"], /^argument --log-level: invalid choice: 'loud'/],
  [["--prot", "1"], /^unrecognized arguments: --prot/],
  [["extra"], /^unrecognized arguments: extra$/],
  [["--host"], /^argument --host: expected one argument$/],
];

test("what is wrong with a command line is told in argparse's words", () => {
  for (const [args, message] of MISUSED) {
    const command = parseCommand(args);
    assert.ok(command.kind === "misused", args.join(" "));
    assert.match(command.message, message);
  }
  assert.deepEqual(parseCommand(["--add-token", "--token-file", "f"]), { kind: "add-token", role: "read", file: "f" });
  assert.deepEqual(parseCommand(["--add-user", "Ada L", "--role", "admin", "--password-file", "f"]), {
    ...{ kind: "add-user", name: "Ada L", role: "admin", file: "f" },
  });
  assert.deepEqual(parseCommand(["--help", "--nonsense"]), { kind: "help" });
});

test("the manual of circushttpd names every option of its help, and no other", () => {
  const page = readFileSync(repositoryPath("man", "circushttpd.1"), "utf8").replaceAll("\\-", "-");
  const entries = [...page.matchAll(/^\.TP\n(.*)$/gm)].flatMap(([, entry = ""]) => [...entry.matchAll(/--[a-z-]+/g)].map(([name]) => name));
  const options = OPTIONS.map(({ name }) => `--${name}`);
  assert.deepEqual([...new Set(entries)].sort(), [...options].sort());
  const synopsis = page.slice(page.indexOf(".SH SYNOPSIS"), page.indexOf(".SH DESCRIPTION"));
  for (const option of options.filter((name) => name !== "--help")) assert.ok(synopsis.includes(option), option);
  assert.ok(
    helpText()
      .split("\n")
      .every((line) => line.length <= 80),
  );
});
