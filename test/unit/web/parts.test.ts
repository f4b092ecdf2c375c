/** Small parts of the console: files, commands, what a view remembers. */
import assert from "node:assert/strict";
import test from "node:test";
import { gunzipSync, brotliDecompressSync } from "node:zlib";
import { formOf, isKnown, loadAssets } from "../../../src/web/assets.js";
import { COMMAND_NAMES, COMMANDS, mayAct, roleFor } from "../../../src/web/routes/command-table.js";
import { Audience, type Listener } from "../../../src/web/view/audience.js";
import { Deaths } from "../../../src/web/view/deaths.js";
import { EventLog, KEPT_EVENTS } from "../../../src/web/view/event-log.js";
import { FiguresRound } from "../../../src/web/view/figures-round.js";
import { FiguresView } from "../../../src/web/view/figures-view.js";
import { LONGEST_HISTORY, WatcherHistory } from "../../../src/web/view/history.js";
import { isInternal, WatcherBoard } from "../../../src/web/view/watcher-board.js";
import type { CircusEvent } from "../../../src/wire/event.js";
import { isObject } from "../../../src/wire/codec.js";
import { decodeProperties } from "../../../src/wire/properties.js";
import type { PublishedStats } from "../../../src/wire/stats.js";
import { tempDir } from "../../helpers/temp.js";
import { VirtualClock } from "../../helpers/virtual-clock.js";

test("loadAssets() reads the files of the page alone, and none where there is no page", async (t) => {
  const dir = await tempDir(t);
  await dir.write("index.html", "<!doctype html>".repeat(100));
  await dir.write("app.js", "tiny");
  await dir.write("app.js.map", "{}");
  await dir.write("types.d.ts", "");
  await dir.write("model/deep.js", "");
  const assets = await loadAssets(dir.path);
  assert.deepEqual([...assets.keys()], ["/app.js", "/index.html"]);
  assert.equal((await loadAssets(dir.join("none"))).size, 0);
  const page = assets.get("/index.html");
  assert.ok(page);
  assert.equal(page.type, "text/html; charset=utf-8");
  const plain = formOf(page, "");
  const zipped = formOf(page, "deflate, gzip;q=0.5");
  const brotli = formOf(page, "gzip, deflate, BR");
  assert.deepEqual([plain.encoding, zipped.encoding, brotli.encoding], [null, "gzip", "br"]);
  assert.deepEqual(gunzipSync(zipped.body), plain.body);
  assert.deepEqual(brotliDecompressSync(brotli.body), plain.body);
  assert.equal(new Set([plain.etag, zipped.etag, brotli.etag]).size, 3);
  assert.equal(formOf(page, "br;q=0, gzip;q=0.0").encoding, null);
  const small = assets.get("/app.js");
  assert.ok(small);
  assert.equal(formOf(small, "br").encoding, null);
});

test("isKnown() compares ETags as If-None-Match has them", () => {
  assert.equal(isKnown(undefined, '"a"'), false);
  assert.equal(isKnown('"b", W/"a"', '"a"'), true);
  assert.equal(isKnown("*", '"a"'), true);
  assert.equal(isKnown('"b"', '"a"'), false);
});

test("the table of commands requires what the wire requires", () => {
  for (const command of COMMAND_NAMES) {
    const { required, properties } = COMMANDS[command];
    for (const missing of required) {
      const others = Object.fromEntries(required.filter((key) => key !== missing).map((key) => [key, "x"]));
      assert.deepEqual(decodeProperties(command, others), { ok: false, failure: `message invalid '${missing}' is missing` });
      assert.ok(properties[missing], `${command} has no ${missing}`);
    }
    const read = decodeProperties(
      command,
      Object.fromEntries(required.map((key) => [key, key === "keys" ? [] : key === "options" ? {} : "x"])),
    );
    assert.ok(read.ok, `${command} requires more than ${required.join(", ")}`);
  }
});

test("who may look is told alike for this daemon and for another one", () => {
  for (const command of COMMAND_NAMES) {
    if (command === "relay") continue;
    assert.equal(roleFor("relay", { server: "db1", command }), COMMANDS[command].role, command);
    assert.equal(roleFor(command, {}), COMMANDS[command].role, command);
  }
});

test("nothing that acts is handed on for a reader, in whatever way it is written", () => {
  const wrong: readonly unknown[] = ["quit", "relay", "QUIT", "Status", " status", "status ", "constructor", "__proto__", "", "greet"];
  for (const command of [...wrong, undefined, null, 1, ["status"], { toString: "status" }]) {
    assert.equal(roleFor("relay", { server: "db1", command, properties: { command: "status" } }), "admin", JSON.stringify(command));
  }
  assert.equal(roleFor("relay", {}), "admin");
});

test("a reader may look and nothing else", () => {
  const looks = COMMAND_NAMES.filter((command) => mayAct("read", COMMANDS[command].role));
  assert.deepEqual(looks, [
    ...[
      "commands",
      "dstats",
      "get",
      "globaloptions",
      "list",
      "listsockets",
      "members",
      "numprocesses",
      "numwatchers",
      "options",
      "relay",
      "stats",
      "status",
      "tail",
    ],
  ]);
  assert.ok(COMMAND_NAMES.every((command) => mayAct("admin", COMMANDS[command].role)));
});

test("a history has one point a second and the last ten minutes", () => {
  const history = new WatcherHistory();
  history.put(10.2, { cpu: 1.234, memory: 1 });
  history.put(10.9, { cpu: 2.345, memory: 2 });
  history.put(12, { cpu: 3, memory: null });
  assert.deepEqual(history.last(10), { time: [10, 12], cpu: [2.3, 3], memory: [2, null] });
  history.put(5, { cpu: 4, memory: 4 });
  assert.deepEqual(history.last(1), { time: [12], cpu: [4], memory: [4] }, "a clock that was set back");
  for (let time = 13; time < 13 + 2 * LONGEST_HISTORY; time += 1) history.put(time, { cpu: 0, memory: 0 });
  assert.equal(history.last(Infinity).time.length, LONGEST_HISTORY);
});

test("the event log numbers events and keeps the last", () => {
  const log = new EventLog();
  for (let index = 0; index < KEPT_EVENTS + 3; index += 1) log.put({ topic: "x", watcher: null, event: null, payload: index });
  assert.deepEqual(log.all().at(0), { number: 4, topic: "x", payload: 3 });
  assert.equal(log.all().length, KEPT_EVENTS);
});

test("a death counts where nobody told the process to end", () => {
  const deaths = new Deaths();
  const base = { topic: "", watcher: "web", payload: { process_pid: 7, time: 1 } } as const;
  const reap = (pid: number): CircusEvent => ({ ...base, event: "reap", payload: { process_pid: pid, time: 1, exit_code: 0 } });
  assert.equal(deaths.hear({ ...base, event: "spawn" }), false);
  assert.equal(deaths.hear(reap(7)), true);
  assert.equal(deaths.hear({ ...base, event: "kill", payload: { process_pid: 8, time: 1 } }), false);
  assert.equal(deaths.hear(reap(8)), false);
  assert.equal(deaths.hear(reap(8)), true, "a pid that came again");
  assert.equal(deaths.of("web"), 2);
  deaths.hear({ ...base, event: "remove", payload: { time: 1 } });
  assert.equal(deaths.of("web"), 0);
});

test("the board finds watchers by the name that topics carry, two of one name too", () => {
  const board = new WatcherBoard();
  const state = { status: "active", numprocesses: 1, singleton: false, pids: [], internal: false, deaths: 0 } as const;
  assert.equal(board.put({ name: "My App", ...state }), true);
  assert.equal(board.put({ name: "My App", ...state }), false, "nothing is new");
  board.put({ name: "my_app", ...state });
  assert.deepEqual(board.named("my_app"), ["My App", "my_app"]);
  assert.equal(board.remove("My App"), true);
  assert.equal(board.remove("My App"), false);
  assert.deepEqual(board.named("my_app"), ["my_app"]);
  assert.deepEqual(["circushttpd", "plugin:x", "web"].map(isInternal), [true, true, false]);
});

test("figures of a watcher are told whatever it is called", async () => {
  const clock = new VirtualClock();
  const audience = new Audience();
  const board = new WatcherBoard();
  const heard: string[] = [];
  const listener: Listener = ({ text }) => heard.push(text);
  audience.join(listener);
  audience.greet(listener, []);
  const names = ["__proto__", "constructor"];
  for (const name of names) {
    board.put({ name, status: "active", numprocesses: 1, singleton: false, pids: [7], internal: false, deaths: 0 });
  }
  const view = new FiguresView({ daemon: "local", clock, board, audience });
  for (const watcher of names) view.hear({ kind: "watcher", watcher, stats: { pid: [7], cpu: 5, mem: 1, age: 1, rss: 300 } });
  await clock.pass(1_000);
  const told: unknown = JSON.parse(heard[0] ?? "{}");
  assert.ok(isObject(told) && isObject(told["watchers"]));
  assert.deepEqual(Object.keys(told["watchers"]), names);
  assert.deepEqual(Object.keys(view.history), names);
});

test("a round sums up what came, and circusd's own helpers stand under their names", () => {
  const figures: PublishedStats = {
    ...{ mem_info1: "", mem_info2: "", cpu: 5, mem: 1, ctime: "", pid: 7, username: "u", nice: 0, create_time: 0, age: 2, cmdline: "c" },
    ...{ children: [], rss: 100, subtopic: 7, name: null },
  };
  const round = new FiguresRound();
  round.put({ kind: "watcher", watcher: "web", stats: { pid: [7, 8], cpu: 10, mem: 1, age: 1, rss: 300 } });
  round.put({ kind: "watcher", watcher: "old", stats: { pid: [9], cpu: 10, mem: 1, age: 1 } });
  round.put({ kind: "process", watcher: "web", stats: figures });
  round.put({ kind: "process", watcher: "circus", stats: { ...figures, pid: 3, name: "circushttpd" } });
  round.put({ kind: "socket", stats: { fd: 5, subtopic: 5, reads: 4, address: "a" } });
  round.put({ kind: "sockets", stats: { addresses: ["a"], reads: 4 } });
  const { watchers, processes, reads } = round.take();
  assert.deepEqual(watchers.get("web"), { cpu: 20, memory: 300 });
  assert.deepEqual(watchers.get("old"), { cpu: 10, memory: null });
  assert.deepEqual(watchers.get("circushttpd"), { cpu: 5, memory: 100 });
  assert.deepEqual(processes.get("web"), [{ pid: 7, cpu: 5, memory: 100, age: 2, user: "u", command: "c" }]);
  assert.equal(reads.get(5), 4);
  assert.equal(round.take().watchers.size, 0);
});
