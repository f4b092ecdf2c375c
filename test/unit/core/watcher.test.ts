import assert from "node:assert/strict";
import test from "node:test";
import { SIGKILL, SIGTERM } from "../../../src/core/signals.js";
import { watcherSpec } from "../../helpers/spec.js";
import { VirtualWatcher } from "../../helpers/virtual-watcher.js";

function started(changes = {}): VirtualWatcher {
  const watcher = new VirtualWatcher(watcherSpec(changes));
  watcher.command({ kind: "start" });
  return watcher;
}

function warnings(watcher: VirtualWatcher): string[] {
  return watcher.effects.flatMap((effect) => (effect.do === "log" && effect.level === "warning" ? [effect.message] : []));
}

test("a start spawns numprocesses and answers with their pids", () => {
  const watcher = started({ numprocesses: 3 });
  assert.deepEqual(watcher.pids(), [101, 102, 103]);
  assert.deepEqual(watcher.answers.get(1), { ok: true, changed: { started: [101, 102, 103], stopped: [], kept: [] }, numprocesses: 3 });
  assert.equal(watcher.state.phase.kind, "active");
});

test("a start of an active watcher keeps what runs", () => {
  const watcher = started();
  const ticket = watcher.command({ kind: "start" });
  assert.deepEqual(watcher.answers.get(ticket), { ok: true, changed: { started: [], stopped: [], kept: [101] }, numprocesses: 1 });
});

test("a stop leaves no process, no timer, and answers when all are gone", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.obedient = false;
  const ticket = watcher.command({ kind: "stop" });
  assert.equal(watcher.state.phase.kind, "stopping");
  assert.equal(watcher.answers.has(ticket), false);
  watcher.die(101);
  watcher.die(102);
  assert.equal(watcher.answers.get(ticket)?.ok, true);
  assert.equal(watcher.state.phase.kind, "stopped");
  assert.deepEqual(watcher.timers(), []);
});

test("a process that ignores its stop signal is killed after graceful_timeout", () => {
  const watcher = started({ gracefulTimeout: 5 });
  watcher.obedient = false;
  watcher.command({ kind: "stop" });
  watcher.advance(4999);
  assert.equal(watcher.count("killTree"), 0);
  watcher.advance(1);
  assert.equal(watcher.count("killTree"), 1);
  assert.deepEqual(warnings(watcher), ["web: process 101 has not ended within 5 s; killing it with SIGKILL"]);
  assert.equal(watcher.state.phase.kind, "stopped");
});

test("what ends in its time, or gets no time, is killed without a warning", () => {
  const obedient = started({ gracefulTimeout: 5 });
  obedient.command({ kind: "stop" });
  const hurried = started({ gracefulTimeout: 0 });
  hurried.command({ kind: "stop" });
  assert.deepEqual([...warnings(obedient), ...warnings(hurried)], []);
});

test("what a stopped leader leaves behind is stopped and then killed", () => {
  const watcher = started({ gracefulTimeout: 5 });
  watcher.obedient = false;
  watcher.command({ kind: "stop" });
  watcher.die(101, { kind: "exited", code: 0 }, true);
  assert.equal(watcher.count("signalTree"), 1);
  assert.equal(watcher.state.phase.kind, "stopping");
  watcher.advance(5000);
  assert.deepEqual(warnings(watcher), ["web: what process 101 has left behind has not ended within 5 s; killing it with SIGKILL"]);
  assert.equal(watcher.state.phase.kind, "stopped");
  assert.deepEqual(watcher.timers(), []);
});

test("a process that has lived is replaced at once", () => {
  const watcher = started();
  watcher.advance(60_000);
  watcher.die(101);
  assert.deepEqual(watcher.pids(), [102]);
});

test("a process that keeps dying young waits longer and longer", () => {
  const watcher = started();
  watcher.die(101);
  assert.deepEqual(watcher.pids(), [102]);
  watcher.die(102);
  assert.deepEqual(watcher.pids(), []);
  watcher.advance(100);
  assert.deepEqual(watcher.pids(), [103]);
  watcher.die(103);
  watcher.advance(199);
  assert.deepEqual(watcher.pids(), []);
  watcher.advance(1);
  assert.deepEqual(watcher.pids(), [104]);
});

test("a start by hand ends the waiting of a process that keeps dying", () => {
  const watcher = started();
  watcher.die(101);
  watcher.die(102);
  watcher.command({ kind: "start" });
  assert.deepEqual(watcher.pids(), [103]);
});

test("a command that cannot be started is given up after max_retry starts", () => {
  const watcher = new VirtualWatcher(watcherSpec({ maxRetry: 3 }));
  watcher.spawnFailure = { stage: "exec" };
  const ticket = watcher.command({ kind: "start" });
  watcher.advance(60_000);
  assert.equal(watcher.count("spawn"), 3);
  assert.equal(watcher.state.phase.kind, "stopped");
  assert.deepEqual(watcher.answers.get(ticket), { ok: true, changed: { started: [], stopped: [], kept: [] }, numprocesses: 1 });
});

test("max_retry = -1 tries for ever, at the ceiling's pace, and the start is answered", () => {
  const watcher = new VirtualWatcher(watcherSpec({ maxRetry: -1, restartMaxDelay: 1 }));
  watcher.spawnFailure = { stage: "exec" };
  const ticket = watcher.command({ kind: "start" });
  assert.equal(watcher.answers.get(ticket)?.ok, true);
  watcher.advance(100_000);
  const tries = watcher.count("spawn");
  assert.ok(tries > 90 && tries < 120, `${tries} tries`);
});

test("before_spawn's refusal stops the watcher", () => {
  const watcher = new VirtualWatcher(watcherSpec());
  watcher.spawnFailure = { stage: "hook" };
  watcher.command({ kind: "start" });
  assert.equal(watcher.state.phase.kind, "stopped");
  assert.equal(watcher.count("spawn"), 1);
});

test("warmup_delay stands between two spawns", () => {
  const watcher = started({ numprocesses: 3, warmupDelay: 2 });
  assert.equal(watcher.pids().length, 1);
  assert.equal(watcher.state.phase.kind, "starting");
  watcher.advance(2000);
  assert.equal(watcher.pids().length, 2);
  watcher.advance(2000);
  assert.equal(watcher.pids().length, 3);
  assert.equal(watcher.state.phase.kind, "active");
});

test("a stop does not wait for a slow start", () => {
  const watcher = started({ numprocesses: 10, warmupDelay: 60 });
  const stop = watcher.command({ kind: "stop" });
  assert.equal(watcher.answers.get(1)?.ok, true);
  assert.equal(watcher.answers.get(stop)?.ok, true);
  assert.equal(watcher.state.phase.kind, "stopped");
  assert.deepEqual(watcher.timers(), []);
});

test("a stop overtakes a start that waits in line", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.obedient = false;
  watcher.command({ kind: "restart" });
  const start = watcher.command({ kind: "start" });
  const stop = watcher.command({ kind: "stop" });
  watcher.die(101);
  watcher.die(102);
  assert.equal(watcher.answers.get(start)?.ok, true);
  assert.equal(watcher.answers.get(stop)?.ok, true);
  assert.equal(watcher.state.phase.kind, "stopped");
});

test("a stop that arrives before the spawn is remembered", () => {
  const watcher = new VirtualWatcher(watcherSpec());
  watcher.automatic.spawn = false;
  watcher.command({ kind: "start" });
  watcher.command({ kind: "stop" });
  assert.equal(watcher.state.phase.kind, "stopping");
  watcher.automatic.ready = false;
  watcher.spawned(1);
  watcher.flush();
  assert.equal(watcher.state.phase.kind, "stopped");
  assert.deepEqual(watcher.pids(), []);
});

test("a start while stopping comes after the stop", () => {
  const watcher = started();
  watcher.obedient = false;
  watcher.command({ kind: "stop" });
  const start = watcher.command({ kind: "start" });
  assert.equal(watcher.answers.has(start), false);
  watcher.die(101);
  assert.deepEqual(watcher.answers.get(start), { ok: true, changed: { started: [102], stopped: [], kept: [] }, numprocesses: 1 });
});

test("a restart replaces every process, one generation after the other", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.obedient = false;
  const ticket = watcher.command({ kind: "restart" });
  assert.equal(watcher.pids().length, 2);
  watcher.die(101);
  assert.deepEqual(watcher.pids(), [102]);
  watcher.die(102);
  assert.deepEqual(watcher.answers.get(ticket), {
    ok: true,
    changed: { started: [103, 104], stopped: [101, 102], kept: [] },
    numprocesses: 2,
  });
});

test("a graceful reload starts the new ones before it stops the old ones, in other slots", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.obedient = false;
  const ticket = watcher.command({ kind: "reload", graceful: true, sequential: false });
  assert.deepEqual(watcher.pids(), [101, 102, 103, 104]);
  assert.deepEqual(
    watcher.state.members.map((member) => member.wid),
    [1, 2, 3, 4],
  );
  watcher.die(101);
  watcher.die(102);
  assert.deepEqual(watcher.answers.get(ticket), {
    ok: true,
    changed: { started: [103, 104], stopped: [101, 102], kept: [] },
    numprocesses: 2,
  });
  watcher.command({ kind: "reload", graceful: true, sequential: false });
  assert.deepEqual(
    watcher.state.members.slice(-2).map((member) => member.wid),
    [1, 2],
  );
});

test("a graceful reload whose new process dies at once keeps the old ones and says so", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.automatic.ready = false;
  const ticket = watcher.command({ kind: "reload", graceful: true, sequential: false });
  watcher.die(103);
  const answer = watcher.answers.get(ticket);
  assert.equal(answer?.ok, false);
  assert.match(
    answer !== undefined && !answer.ok ? answer.reason : "",
    /Cannot reload "web": a new process exited with code 1; the old processes go on/,
  );
  assert.deepEqual(watcher.pids(), [101, 102]);
});

test("a sequential reload has never more processes than wanted", () => {
  const watcher = started({ numprocesses: 3 });
  let most = 0;
  watcher.obedient = false;
  const ticket = watcher.command({ kind: "reload", graceful: true, sequential: true });
  for (const pid of [101, 102, 103]) {
    most = Math.max(most, watcher.pids().length);
    watcher.die(pid);
  }
  assert.equal(most, 3);
  assert.deepEqual(watcher.answers.get(ticket), {
    ok: true,
    changed: { started: [104, 105, 106], stopped: [101, 102, 103], kept: [] },
    numprocesses: 3,
  });
});

test("a reload with send_hup keeps every process", () => {
  const watcher = started({ sendHup: true });
  const ticket = watcher.command({ kind: "reload", graceful: true, sequential: false });
  assert.equal(watcher.count("hangUp"), 1);
  assert.deepEqual(watcher.answers.get(ticket), { ok: true, changed: { started: [], stopped: [], kept: [101] }, numprocesses: 1 });
});

test("a reload starts a stopped watcher", () => {
  const watcher = new VirtualWatcher(watcherSpec());
  const ticket = watcher.command({ kind: "reload", graceful: true, sequential: false });
  assert.deepEqual(watcher.answers.get(ticket), { ok: true, changed: { started: [101], stopped: [], kept: [] }, numprocesses: 1 });
});

test("incr adds, decr stops the oldest", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.command({ kind: "resize", by: 1 });
  assert.deepEqual(watcher.pids(), [101, 102, 103]);
  const ticket = watcher.command({ kind: "resize", by: -2 });
  assert.deepEqual(watcher.pids(), [103]);
  assert.deepEqual(watcher.answers.get(ticket), { ok: true, changed: { started: [], stopped: [101, 102], kept: [103] }, numprocesses: 1 });
});

test("slots stay unique after decr to 0 and incr while the old ones are still stopping", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.obedient = false;
  watcher.command({ kind: "resize", by: -2 });
  watcher.command({ kind: "resize", by: 2 });
  watcher.die(101);
  watcher.die(102);
  assert.deepEqual(
    watcher.state.members.map((member) => member.wid),
    [1, 2],
  );
});

test("respawn = False ends the watcher with its last process", () => {
  const watcher = started({ respawn: false, numprocesses: 2 });
  watcher.die(101, { kind: "exited", code: 0 });
  assert.equal(watcher.state.phase.kind, "active");
  watcher.die(102, { kind: "exited", code: 0 });
  assert.equal(watcher.state.phase.kind, "stopped");
  assert.equal(watcher.count("spawn"), 2);
});

test("an on_demand watcher waits for activity, and again when its process has ended", () => {
  const watcher = started({ onDemand: true });
  assert.equal(watcher.answers.get(1)?.ok, true);
  assert.deepEqual(watcher.pids(), []);
  watcher.send({ kind: "activity" });
  assert.deepEqual(watcher.pids(), [101]);
  watcher.die(101, { kind: "exited", code: 0 });
  assert.deepEqual(watcher.state.phase, { kind: "stopped", armed: true });
  assert.equal(watcher.count("watchSockets"), 2);
  watcher.command({ kind: "stop" });
  watcher.send({ kind: "activity" });
  assert.deepEqual(watcher.pids(), []);
});

test("max_age replaces a process after its time and its share of the variance", () => {
  const watcher = started({ maxAge: 10, maxAgeVariance: 4 });
  watcher.advance(11_999);
  assert.deepEqual(watcher.pids(), [101]);
  watcher.advance(1);
  assert.deepEqual(watcher.pids(), [102]);
});

test("a kill answers when its victim is gone, and the victim is replaced at once", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.obedient = false;
  const ticket = watcher.command({ kind: "kill", pid: 101, signal: SIGTERM, timeout: 1000, children: false });
  assert.equal(watcher.answers.has(ticket), false);
  watcher.die(101);
  assert.equal(watcher.answers.get(ticket)?.ok, true);
  assert.deepEqual(watcher.pids(), [102, 103]);
});

test("a kill of a pid that is not there is answered at once", () => {
  const watcher = started();
  const ticket = watcher.command({ kind: "kill", pid: 999, signal: SIGKILL, timeout: 0, children: false });
  assert.equal(watcher.answers.get(ticket)?.ok, true);
});

test("rm stops and then removes; nostop lets the processes go on", () => {
  const stopped = started();
  stopped.command({ kind: "remove", nostop: false });
  assert.equal(stopped.count("removed"), 1);
  const released = started({ numprocesses: 2 });
  released.command({ kind: "remove", nostop: true });
  assert.equal(released.count("release"), 2);
  assert.equal(released.count("signal"), 0);
  assert.equal(released.count("removed"), 1);
  const late = released.command({ kind: "start" });
  assert.deepEqual(released.answers.get(late), { ok: false, reason: "program web not found" });
});

test("set of an option that needs it reloads, of others does not", () => {
  const watcher = started();
  watcher.command({ kind: "configure", change: (spec) => ({ ...spec, gracefulTimeout: 1 }), then: "nothing" });
  assert.deepEqual(watcher.pids(), [101]);
  watcher.command({ kind: "configure", change: (spec) => ({ ...spec, cmd: "other" }), then: "reload" });
  assert.deepEqual(watcher.pids(), [102]);
});

test("after_start waits for the after_spawn of every process", () => {
  const watcher = new VirtualWatcher(
    watcherSpec({ numprocesses: 2, hooks: { after_start: { target: "./hooks.js:check", ignoreFailure: false } } }),
  );
  watcher.automatic.ready = false;
  watcher.command({ kind: "start" });
  const [first, second] = watcher.state.members.map((member) => member.key);
  watcher.send({ kind: "ready", key: first ?? 0 });
  assert.equal(watcher.count("confirm"), 0);
  watcher.send({ kind: "ready", key: second ?? 0 });
  assert.equal(watcher.count("confirm"), 1);
  assert.equal(watcher.state.phase.kind, "active");
});

test("a watcher that does not stop takes in a bounded number of commands", () => {
  const watcher = started();
  watcher.obedient = false;
  watcher.command({ kind: "restart" });
  const tickets = Array.from({ length: 2000 }, () => watcher.command({ kind: "restart" }));
  const refused = tickets.filter((ticket) => watcher.answers.get(ticket)?.ok === false);
  assert.equal(refused.length, 1000);
  const stop = watcher.command({ kind: "stop" });
  watcher.die(101);
  assert.equal(watcher.answers.get(stop)?.ok, true);
});

test("a stop has no more patience than the watcher, whatever a kill before it was given", () => {
  const watcher = started({ gracefulTimeout: 5 });
  watcher.obedient = false;
  watcher.command({ kind: "kill", pid: null, signal: SIGTERM, timeout: 3_600_000, children: false });
  const stop = watcher.command({ kind: "stop" });
  assert.equal(watcher.count("signal"), 1, "the stop signal is not sent twice");
  watcher.advance(5000);
  assert.equal(watcher.answers.get(stop)?.ok, true);
  assert.deepEqual(watcher.timers(), []);
});

test("incr and reload do not wait for a kill that takes its time", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.obedient = false;
  watcher.command({ kind: "kill", pid: 101, signal: SIGTERM, timeout: 3_600_000, children: false });
  const incr = watcher.command({ kind: "resize", by: 1 });
  assert.equal(watcher.answers.get(incr)?.ok, true);
  const reload = watcher.command({ kind: "reload", graceful: true, sequential: false });
  watcher.die(102);
  watcher.die(103);
  assert.equal(watcher.answers.get(reload)?.ok, true);
});

test("after_spawn's refusal of a new process abandons a reload, and the old one goes on", () => {
  const watcher = started();
  watcher.automatic.ready = false;
  const ticket = watcher.command({ kind: "reload", graceful: true, sequential: false });
  watcher.send({ kind: "vetoed", key: watcher.keyOf(102) });
  assert.equal(watcher.answers.get(ticket)?.ok, false);
  assert.deepEqual([watcher.pids(), watcher.state.phase.kind], [[101], "active"]);
});

test("a reload of a watcher that stops by itself meanwhile is answered", () => {
  const watcher = started({ numprocesses: 2, warmupDelay: 60, maxRetry: 1 });
  watcher.advance(60_000);
  const ticket = watcher.command({ kind: "reload", graceful: true, sequential: true });
  watcher.spawnFailure = { stage: "exec" };
  watcher.advance(120_000);
  assert.equal(watcher.answers.get(ticket)?.ok, false);
});

test("a reload of a watcher without respawn is answered though an old process ends by itself meanwhile", () => {
  for (const sequential of [false, true]) {
    const watcher = started({ numprocesses: 2, respawn: false });
    watcher.automatic.ready = false;
    const ticket = watcher.command({ kind: "reload", graceful: true, sequential });
    watcher.die(102, { kind: "exited", code: 0 });
    for (let turn = 0; turn < 4; turn += 1) {
      for (const { key, state } of watcher.state.members) if (state.kind === "started") watcher.send({ kind: "ready", key });
    }
    assert.equal(watcher.answers.get(ticket)?.ok, true, `sequential: ${sequential}`);
  }
});

test("an on_demand watcher whose process keeps dying young waits longer and longer before it watches its sockets", () => {
  const watcher = started({ onDemand: true });
  for (let run = 0; run < 3; run += 1) {
    watcher.advance(30_000);
    watcher.send({ kind: "activity" });
    const [pid = 0] = watcher.pids();
    watcher.die(pid, { kind: "exited", code: 1 });
  }
  assert.equal(watcher.count("watchSockets"), 3, "at the start, after the first run, and once the second has waited");
  watcher.advance(200);
  assert.equal(watcher.count("watchSockets"), 4);
  watcher.command({ kind: "stop" });
  assert.deepEqual(watcher.timers(), []);
});

test("an answer of after_start or after_spawn to an earlier start is of no use to the present one", () => {
  const watcher = started({ hooks: { after_start: { target: "x", ignoreFailure: false } } });
  watcher.command({ kind: "restart" });
  watcher.send({ kind: "confirmed", attempt: 1, ok: false });
  watcher.send({ kind: "vetoed", key: 1 });
  assert.deepEqual([watcher.pids(), watcher.state.phase.kind], [[102], "active"]);
});

test("respawn that is turned on fills the places that were given up", () => {
  const watcher = started({ numprocesses: 2, respawn: false });
  watcher.die(101, { kind: "exited", code: 0 });
  watcher.command({ kind: "configure", change: (spec) => ({ ...spec, respawn: true }), then: "manage" });
  assert.equal(watcher.pids().length, 2);
});
