import assert from "node:assert/strict";
import test from "node:test";
import { readAnsi, stripAnsi } from "../../../src/web/page/model/ansi.js";
import { FIELD_NAMES, entriesOf, fieldOf, readField, written } from "../../../src/web/page/model/fields.js";
import { formatAge, formatBytes, formatPercent } from "../../../src/web/page/model/format.js";
import { describe, readTopic, timeOf } from "../../../src/web/page/model/happenings.js";
import { KEPT_LINES, NO_LINES, addLines } from "../../../src/web/page/model/lines.js";
import { readNewWatcher } from "../../../src/web/page/model/new-watcher.js";
import { type Place, readRoute, writeRoute } from "../../../src/web/page/model/route.js";
import { matches, nextSort, sliceOf, sortRows } from "../../../src/web/page/model/table.js";

test("every place has a path that leads back to it, whatever the watcher is called", () => {
  const places: readonly Place[] = [
    { page: "overview" },
    { page: "sockets" },
    { page: "events" },
    { page: "add" },
    { page: "watcher", name: "web", tab: "processes" },
    { page: "watcher", name: "a b/c.d?e#ü", tab: "output" },
  ];
  for (const place of places) {
    for (const daemon of [null, "far & away"]) {
      const { pathname, search } = new URL(writeRoute({ place, daemon }), "http://localhost");
      assert.deepEqual(readRoute(pathname, search), { place, daemon });
    }
  }
});

test("a path that leads nowhere says so", () => {
  for (const path of ["/x", "/watchers", "/watchers/a/b", "/watchers/a/output/c", "/watchers/%ff", "/sockets/a"]) {
    assert.deepEqual(readRoute(path, "").place, { page: "nowhere", path });
  }
});

test("colours of output become looks, and every other control sequence is left out", () => {
  const pieces = readAnsi("\u001b[1;31mbad\u001b[0m \u001b]0;title\u0007\u001b[2Kplain\u0007 \u001b[38;5;196mx\u001b[48;2;1;2;3my");
  assert.deepEqual(
    pieces.map(({ text, look }) => [text, look.colour, look.background, look.bold]),
    [
      ["bad", 1, null, true],
      [" ", null, null, false],
      ["plain", null, null, false],
      [" ", null, null, false],
      ["x", "rgb(255, 0, 0)", null, false],
      ["y", "rgb(255, 0, 0)", "rgb(1, 2, 3)", false],
    ],
  );
  assert.equal(stripAnsi("\u001b[32mGET\u001b[0m\t/"), "GET\t/");
  assert.deepEqual(readAnsi(""), []);
});

test("figures are short", () => {
  assert.deepEqual([0, 999, 1000, 52_428_800, 190 * 1024 * 1024, null].map(formatBytes), ["0B", "999B", "1.0K", "50.0M", "190M", "–"]);
  assert.deepEqual([0, 7.25, 100, 1234.5, null].map(formatPercent), ["0.0%", "7.3%", "100%", "1235%", "–"]);
  assert.deepEqual([5.9, 65, 3725, 90_000, null].map(formatAge), ["5s", "1m 05s", "1h 02m", "1d 01h", "–"]);
});

test("events are told in words, with signals by name", () => {
  const reap = { number: 1, topic: "watcher.a.b.reap", payload: { process_pid: 7, time: 12.5, exit_code: -9 } };
  assert.deepEqual(readTopic(reap), { watcher: "a.b", event: "reap", pid: 7 });
  assert.deepEqual(describe(reap), { text: "process 7 was ended by SIGKILL", tone: "bad" });
  assert.equal(timeOf(reap), 12.5);
  assert.equal(describe({ number: 1, topic: "watcher.a.reap", payload: { process_pid: 7, exit_code: 0 } }).tone, "plain");
  assert.equal(
    describe({ number: 1, topic: "watcher.a.hook_failure", payload: { name: "before_start", error: "no" } }).text,
    "hook before_start failed: no",
  );
  assert.deepEqual(describe({ number: 1, topic: "odd", payload: null }), { text: "odd", tone: "plain" });
});

test("lines are kept up to a limit, and numbered on", () => {
  const line = (text: string) => ({ pid: 1, stream: "stdout" as const, time: 1, text });
  const first = addLines(NO_LINES, [line("a"), { pid: 1, stream: "stderr", time: 1, base64: "/w==" }], (base64) => `<${base64}>`);
  assert.deepEqual(
    first.kept.map(({ number, text }) => [number, text]),
    [
      [1, "a"],
      [2, "</w==>"],
    ],
  );
  const many = addLines(
    first,
    Array.from({ length: KEPT_LINES + 3 }, (_, at) => line(String(at))),
    String,
  );
  assert.equal(many.kept.length, KEPT_LINES);
  assert.deepEqual([many.kept[0]?.number, many.kept.at(-1)?.number, many.next], [6, KEPT_LINES + 5, KEPT_LINES + 6]);
});

test("rows are sorted with what is not known at the end, and only those in sight are drawn", () => {
  assert.deepEqual(
    sortRows([3, null, 10, 1], (value) => value, true),
    [10, 3, 1, null],
  );
  assert.deepEqual(
    sortRows(["w10", "w9"], (name) => name, false),
    ["w9", "w10"],
  );
  assert.deepEqual(nextSort({ column: "a", descending: false }, "b", true), { column: "b", descending: true });
  assert.deepEqual(nextSort({ column: "a", descending: false }, "a", true), { column: "a", descending: true });
  assert.deepEqual(sliceOf(1000, { top: 4000, height: 400, rowHeight: 40 }), { from: 92, to: 118 });
  assert.deepEqual(sliceOf(5, { top: -300, height: 400, rowHeight: 40 }), { from: 0, to: 5 });
  assert.deepEqual(sliceOf(3, { top: 4000, height: 400, rowHeight: 40 }), { from: 3, to: 3 });
  assert.ok(matches("WEB act", ["web", "active"]));
  assert.ok(!matches("web stop", ["web", "active"]));
});

test("every option has a field with help, and its default can be read back", () => {
  for (const name of FIELD_NAMES) {
    const field = fieldOf(name);
    assert.ok(field.doc.length > 10, `${name} has no help`);
    const read = readField(name, field.preset);
    assert.ok(read.ok || name.endsWith(".filename") || field.preset === "", `${name}: ${field.preset}`);
  }
});

test("options of a reply are taken apart, shown as they would be typed, and read back", () => {
  const entries = entriesOf({
    stdout_stream: { class: "FileStream", filename: "x" },
    stdout_stream_conf: {},
    hooks: { before_start: "a:b" },
    cmd: "x",
    mine: 1,
  });
  assert.deepEqual([...entries.keys()], ["cmd", "stdout_stream.class", "stdout_stream.filename", "hooks.before_start", "mine"]);
  assert.equal(written("stop_signal", 15), "SIGTERM");
  assert.equal(written("args", ["a b", "c"]), "'a b' c");
  assert.equal(written("env", { A: "1", B: "x y" }), "A=1\nB=x y");
  assert.deepEqual(readField("env", "A=1\n\nB=x=y"), { ok: true, value: { A: "1", B: "x=y" } });
  assert.deepEqual(readField("env", "nothing"), { ok: false, failure: 'expected NAME=VALUE, not "nothing"' });
  assert.deepEqual(readField("stop_signal", "usr1"), { ok: true, value: 10 });
  assert.deepEqual(readField("rlimit_nofile", "unlimited"), { ok: true, value: null });
  assert.equal(readField("stdout_stream.max_bytes", "x").ok, false);
});

test("a form becomes an add, with only what differs from the defaults", () => {
  const typed = { name: " web ", cmd: "node server.js", numprocesses: "3", shell: "false", env: "A=1", respawn: "true" };
  assert.deepEqual(readNewWatcher(typed, true), {
    ok: true,
    properties: { name: "web", cmd: "node server.js", options: { numprocesses: 3, env: { A: "1" } }, start: true, waiting: true },
  });
});

test("a form that is wrong says where, and what is wrong together", () => {
  assert.deepEqual(readNewWatcher({ numprocesses: "many" }, true), {
    ok: false,
    faults: { name: "Give it a name", cmd: "Say what to run", numprocesses: 'Cannot use "many": expected an integer from 0 to 100000' },
  });
  const both = readNewWatcher({ name: "a", cmd: "b", numprocesses: "2", singleton: "true" }, true);
  assert.deepEqual(both, { ok: false, faults: { "": "Cannot have 2 processes with a singleton watcher" } });
});
