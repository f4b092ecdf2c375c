import test from "node:test";
import assert from "node:assert/strict";
import {
  ARBITER_DEFAULTS,
  ARBITER_OPTIONS,
  INCLUDE_OPTIONS,
  PLUGIN_OPTIONS,
  SOCKET_OPTIONS,
  STREAM_OPTIONS,
  WATCHER_FAMILIES,
  WATCHER_OPTIONS,
  defaultSocket,
  defaultWatcher,
  expandDollars,
  nearest,
  parseHook,
  watcherOption,
} from "../../../src/core/options.js";

const ALL = [
  ...WATCHER_OPTIONS,
  ...WATCHER_FAMILIES,
  ...ARBITER_OPTIONS,
  ...INCLUDE_OPTIONS,
  ...SOCKET_OPTIONS,
  ...STREAM_OPTIONS,
  ...PLUGIN_OPTIONS,
];

test("every key of a watcher, a socket and the arbiter has its row in a table", () => {
  const families = ["name", "env", "limits", "stdoutStream", "stderrStream", "hooks", "freeForm", "internal"];
  const watcher = [...WATCHER_OPTIONS.map((option) => option.key), ...families];
  assert.deepEqual(watcher.toSorted(), Object.keys(defaultWatcher("", "")).toSorted());
  assert.deepEqual(ARBITER_OPTIONS.map((option) => option.key).toSorted(), Object.keys(ARBITER_DEFAULTS).toSorted());
  assert.deepEqual(["name", ...SOCKET_OPTIONS.map((option) => option.key)].toSorted(), Object.keys(defaultSocket("")).toSorted());
});

test("every option has a manual text of whole sentences", () => {
  for (const { name, doc, label } of ALL) {
    assert.match(doc, /^[A-Z].*[.]$/s, name);
    assert.notEqual(label, "", name);
  }
});

test("names are not given twice in one table", () => {
  for (const table of [WATCHER_OPTIONS, ARBITER_OPTIONS, SOCKET_OPTIONS]) {
    const names = table.map((option) => option.name);
    assert.equal(new Set(names).size, names.length);
  }
});

function read(name: string, text: string): unknown {
  const option = watcherOption(name);
  assert.ok(option !== null);
  const change = option.parseText(text);
  return change.ok ? change.value(defaultWatcher("x", "y"))[option.key] : { expected: change.failure };
}

const TEXTS: readonly (readonly [name: string, text: string, expected: unknown])[] = [
  ["numprocesses", "5", 5],
  ["numprocesses", " +1_000 ", 1000],
  ["numprocesses", "", { expected: "expected an integer from 0 to 100000" }],
  ["numprocesses", "-1", { expected: "expected an integer from 0 to 100000" }],
  ["numprocesses", "2.5", { expected: "expected an integer from 0 to 100000" }],
  ["numprocesses", "0x10", { expected: "expected an integer from 0 to 100000" }],
  ["max_retry", "-1", -1],
  ["max_retry", "-2", { expected: "expected an integer of -1 or more" }],
  ["graceful_timeout", "1.5", 1.5],
  ["graceful_timeout", ".5", 0.5],
  ["graceful_timeout", "1e1", 10],
  ["graceful_timeout", "inf", { expected: "expected a number of 0 or more" }],
  ["singleton", "True", true],
  ["singleton", "on", true],
  ["singleton", "1", true],
  ["singleton", "NO", false],
  ["singleton", "", { expected: "expected true or false (also yes, no, on, off, 1, 0)" }],
  ["singleton", "maybe", { expected: "expected true or false (also yes, no, on, off, 1, 0)" }],
  ["stop_signal", "quit", { number: 3, name: "SIGQUIT" }],
  ["stop_signal", "SIGRTMIN+1", { number: 35, name: "SIGRTMIN+1" }],
  ["stop_signal", "3", { number: 3, name: "SIGQUIT" }],
  ["stop_signal", "SIGNOPE", { expected: "expected a signal by name or number, such as TERM, SIGUSR1, SIGRTMIN+1 or 15" }],
  ["uid", "1000", 1000],
  ["uid", "www-data", "www-data"],
  ["uid", "", null],
  ["working_dir", "", null],
  ["stdin_socket", "Web", "web"],
  ["restart_backoff", "0.5", { expected: "expected a number of 1 or more" }],
];

for (const [name, text, expected] of TEXTS) {
  test(`${name} = ${JSON.stringify(text)} reads as ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(read(name, text), expected);
  });
}

test("nearest() finds the name that was meant, and none where nothing is close", () => {
  const known = WATCHER_OPTIONS.map((option) => option.name);
  assert.equal(nearest("numproceses", known), "numprocesses");
  assert.equal(nearest("Numprocesses", known), "numprocesses");
  assert.equal(nearest("gracefultimeout", known), "graceful_timeout");
  assert.equal(nearest("cdm", known), "cmd");
  assert.equal(nearest("flapping.attempts", known), null);
  assert.equal(nearest("custom_option", known), null);
});

test("parseHook() reads a target and its flag, and leaves commas to programs", () => {
  assert.deepEqual(parseHook("./h.js:check , True"), { ok: true, value: { target: "./h.js:check", ignoreFailure: true } });
  assert.deepEqual(parseHook("pkg:check"), { ok: true, value: { target: "pkg:check", ignoreFailure: false } });
  assert.deepEqual(parseHook("exec:/bin/check a,b"), { ok: true, value: { target: "exec:/bin/check a,b", ignoreFailure: false } });
  assert.deepEqual(parseHook("./h.js:check, perhaps"), {
    ok: false,
    failure: 'what follows the comma must be true or false, not "perhaps"',
  });
  assert.deepEqual(parseHook("exec:"), { ok: false, failure: "name a program after exec:" });
});

test("expandDollars() replaces $NAME by the daemon's variable, an unset one by nothing, and nothing else", () => {
  const environment = { PATH: "/bin", A_1: "x" };
  assert.equal(
    expandDollars("$PATH:/sbin $A_1 $UNSET. ${PATH} $path $1 $toString", environment),
    "/bin:/sbin x . ${PATH} $path $1 $toString",
  );
});
