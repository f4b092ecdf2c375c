import assert from "node:assert/strict";
import test from "node:test";
import type { ServerMessage, WatcherState } from "../../../src/web/api.js";
import { HISTORY_POINTS, KEPT_EVENTS, emptyView, lookAt, processesOf, reduce } from "../../../src/web/page/model/state.js";

const WEB: WatcherState = {
  name: "My Web",
  status: "active",
  numprocesses: 2,
  singleton: false,
  pids: [11, 12],
  internal: false,
  deaths: 0,
};

const STATE: ServerMessage = {
  type: "state",
  daemon: "local",
  watchers: [WEB, { ...WEB, name: "other", pids: [21] }],
  sockets: [{ fd: 5, name: "web", address: "127.0.0.1:80", backlog: 10, reads: null }],
  events: [],
  figures: true,
  circuit: false,
  history: { "My Web": { time: [1, 2], cpu: [3, 4], memory: [100, 200] }, other: { time: [2], cpu: [1], memory: [null] } },
};

const view = () => reduce(emptyView("local"), STATE);

function event(topic: string, payload: unknown, number = 1): ServerMessage {
  return { type: "event", daemon: "local", event: { number, topic, payload } };
}

test("a state fills the view, with the last figures and the sum of all histories", () => {
  const { loaded, figures, total, sockets } = view();
  assert.equal(loaded, true);
  assert.deepEqual(figures.get("My Web"), { cpu: 4, memory: 200 });
  assert.deepEqual(total, { time: [1, 2], cpu: [3, 5], memory: [100, 200] });
  assert.deepEqual(sockets[0]?.history, []);
});

test("a message about another daemon changes nothing", () => {
  const before = view();
  assert.equal(reduce(before, { type: "gone", daemon: "far", name: "other" }), before);
});

test("a daemon that does not answer leaves what was known", () => {
  const { up, reason, watchers } = reduce(view(), { type: "daemon", daemon: "local", up: false, reason: "no answer" });
  assert.deepEqual([up, reason, watchers.size], [false, "no answer", 2]);
});

test("a death takes the pid away at once, and leaves every other watcher the same object", () => {
  const before = view();
  const after = reduce(before, event("watcher.my_web.reap", { process_pid: 11, time: 1, exit_code: -9 }));
  assert.deepEqual(after.watchers.get("My Web")?.pids, [12]);
  assert.equal(after.watchers.get("other"), before.watchers.get("other"));
  const spawned = reduce(after, event("watcher.my_web.spawn", { process_pid: 13, time: 1 }));
  assert.deepEqual(spawned.watchers.get("My Web")?.pids, [12, 13]);
  assert.equal(reduce(spawned, event("watcher.my_web.spawn", { process_pid: 13, time: 1 })).watchers, spawned.watchers);
});

test("events of nobody known are kept and change no watcher", () => {
  const before = view();
  const after = reduce(before, event("watcher.nobody.reap", { process_pid: 11, time: 1 }));
  assert.equal(after.watchers, before.watchers);
  assert.equal(after.events.length, 1);
});

test("only so many events are kept, the last ones", () => {
  let now = view();
  for (let number = 1; number <= KEPT_EVENTS + 5; number++) now = reduce(now, event("watcher.other.updated", { time: 1 }, number));
  assert.equal(now.events.length, KEPT_EVENTS);
  assert.equal(now.events[0]?.number, 6);
});

test("figures lengthen the histories of watchers and sockets, up to ten minutes", () => {
  let now = view();
  for (let time = 3; time < HISTORY_POINTS + 50; time++) {
    const socket = { fd: 5, name: "web", address: "127.0.0.1:80", backlog: 10, reads: time };
    now = reduce(now, { type: "figures", daemon: "local", time, watchers: { "My Web": { cpu: time, memory: 1 } }, sockets: [socket] });
  }
  assert.equal(now.history.get("My Web")?.time.length, HISTORY_POINTS);
  assert.equal(now.history.get("My Web")?.cpu.at(-1), HISTORY_POINTS + 49);
  assert.equal(now.history.get("other")?.time.length, 1);
  assert.equal(now.sockets[0]?.history.at(-1), HISTORY_POINTS + 49);
  assert.equal(now.total.cpu.length, HISTORY_POINTS);
});

test("processes are those that circusd names, with figures where they have come", () => {
  const looked = lookAt(view(), "My Web");
  const figures = { pid: 11, cpu: 5, memory: 1, age: 1, user: "root", command: "node" };
  const first = reduce(looked, { type: "processes", daemon: "local", name: "My Web", processes: [figures] });
  const now = reduce(first, { type: "processes", daemon: "local", name: "My Web", processes: [{ ...figures, cpu: 6 }] });
  assert.deepEqual(
    processesOf(WEB, now.looked).map(({ pid, cpu, figures: known }) => [pid, cpu, known?.cpu ?? null]),
    [
      [11, [5, 6], 6],
      [12, [], null],
    ],
  );
  assert.equal(reduce(now, { type: "processes", daemon: "local", name: "other", processes: [] }), now);
  assert.equal(lookAt(now, "My Web"), now);
  assert.equal(lookAt(now, null).looked, null);
});

test("a removed watcher is gone with its history", () => {
  const after = reduce(view(), { type: "gone", daemon: "local", name: "other" });
  assert.deepEqual([...after.watchers.keys(), ...after.history.keys()], ["My Web", "My Web"]);
});

test("a new or changed watcher takes its place", () => {
  const after = reduce(view(), { type: "watcher", daemon: "local", watcher: { ...WEB, status: "stopped", pids: [] } });
  assert.equal(after.watchers.get("My Web")?.status, "stopped");
  assert.equal(after.watchers.size, 2);
});
