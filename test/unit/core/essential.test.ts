/** What an essential watcher tells when it ends, and when it has nothing to tell. */
import assert from "node:assert/strict";
import test from "node:test";
import { describeExit, exitCode } from "../../../src/core/exit.js";
import type { Command, Demise } from "../../../src/core/watcher/state.js";
import { watcherSpec } from "../../helpers/spec.js";
import { VirtualWatcher } from "../../helpers/virtual-watcher.js";

function essential(changes = {}): VirtualWatcher {
  return new VirtualWatcher(watcherSpec({ essential: true, respawn: false, ...changes }));
}

function started(changes = {}): VirtualWatcher {
  const watcher = essential(changes);
  watcher.command({ kind: "start" });
  return watcher;
}

function demises(watcher: VirtualWatcher): readonly Demise[] {
  return watcher.effects.flatMap((effect) => (effect.do === "over" ? [effect.demise] : []));
}

test("an essential watcher is over with the exit of its last process, once everything of it is closed", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.automatic.close = false;
  watcher.die(101, { kind: "exited", code: 1 });
  assert.deepEqual(demises(watcher), []);
  watcher.die(102, { kind: "exited", code: 3 });
  assert.deepEqual(demises(watcher), [], "its streams are not closed yet");
  watcher.send({ kind: "closed" });
  assert.deepEqual(demises(watcher), [{ exit: { kind: "exited", code: 3 }, reason: "its last process exited with code 3" }]);
});

test("an essential watcher whose process is replaced goes on", () => {
  const watcher = started({ respawn: true });
  watcher.die(101);
  assert.deepEqual([watcher.pids(), demises(watcher)], [[102], []]);
});

test("an essential watcher that is given up has no exit to tell of, whatever ran before", () => {
  const watcher = started({ respawn: true, maxRetry: 2 });
  watcher.spawnFailure = { stage: "exec" };
  watcher.die(101, { kind: "exited", code: 0 });
  watcher.advance(60_000);
  assert.deepEqual(demises(watcher), [{ exit: null, reason: "Cannot start" }]);
});

test("an essential watcher that before_start, after_start or after_spawn refuses is over", () => {
  const declined = essential();
  declined.automatic.prepare = false;
  declined.command({ kind: "start" });
  declined.send({ kind: "prepared", attempt: 1, outcome: "declined" });
  assert.deepEqual(demises(declined), [{ exit: null, reason: "before_start refused the start" }]);

  const unready = essential();
  unready.automatic.ready = false;
  unready.command({ kind: "start" });
  unready.send({ kind: "vetoed", key: 1 });
  assert.deepEqual(demises(unready), [{ exit: null, reason: "after_spawn refused the process" }]);

  const unconfirmed = essential({ hooks: { after_start: { target: "x", ignoreFailure: false } } });
  unconfirmed.automatic.confirm = false;
  unconfirmed.command({ kind: "start" });
  unconfirmed.send({ kind: "confirmed", attempt: 1, ok: false });
  assert.deepEqual(demises(unconfirmed), [{ exit: null, reason: "after_start refused the start" }]);
});

const COMMANDS: readonly (readonly [string, Command])[] = [
  ["stop", { kind: "stop" }],
  ["restart", { kind: "restart" }],
  ["rm", { kind: "remove", nostop: false }],
  ["rm with nostop", { kind: "remove", nostop: true }],
  ["kill", { kind: "kill", pid: null, signal: { number: 15, name: "SIGTERM" }, timeout: 1000, children: false }],
];

for (const [name, command] of COMMANDS) {
  test(`an essential watcher that ends by the command ${name} ends nothing else`, () => {
    const watcher = started();
    watcher.command(command);
    assert.deepEqual(demises(watcher), []);
  });

  test(`the command ${name} in the middle of an essential watcher's own end is not undone by it`, () => {
    const watcher = started({ numprocesses: 2 });
    watcher.automatic.close = false;
    watcher.die(101);
    watcher.die(102);
    watcher.command(command);
    watcher.send({ kind: "closed" });
    // A kill that finds nobody asks for nothing.
    assert.equal(demises(watcher).length, command.kind === "kill" ? 1 : 0);
  });
}

test("an essential watcher is over when a process ends by itself after a command has killed another", () => {
  const watcher = started({ numprocesses: 2 });
  watcher.command({ kind: "kill", pid: 101, signal: { number: 9, name: "SIGKILL" }, timeout: 0, children: false });
  assert.deepEqual(watcher.pids(), [102]);
  watcher.die(102, { kind: "signalled", signal: 11, core: false });
  assert.deepEqual(
    demises(watcher).map(({ reason }) => reason),
    ["its last process was ended by SIGSEGV"],
  );
});

test("an essential watcher that waits for activity again is not over, and one that is not essential never is", () => {
  const onDemand = started({ onDemand: true });
  onDemand.send({ kind: "activity" });
  onDemand.die(101);
  assert.deepEqual(demises(onDemand), []);
  const plain = started({ essential: false });
  plain.die(101);
  assert.deepEqual([plain.state.phase.kind, demises(plain)], ["stopped", []]);
});

test("an exit counts as a shell counts it", () => {
  assert.equal(exitCode({ kind: "exited", code: 3 }), 3);
  assert.equal(exitCode({ kind: "signalled", signal: 9, core: false }), 137);
  assert.equal(describeExit({ kind: "signalled", signal: 9, core: true }), "was ended by SIGKILL");
});
