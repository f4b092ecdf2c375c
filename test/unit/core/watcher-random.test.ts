/** Random events, checked against what must hold of a watcher at every moment. */
import assert from "node:assert/strict";
import test from "node:test";
import { SIGTERM } from "../../../src/core/signals.js";
import { livePid } from "../../../src/core/process.js";
import type { Command } from "../../../src/core/watcher/state.js";
import { watcherSpec } from "../../helpers/spec.js";
import { VirtualWatcher } from "../../helpers/virtual-watcher.js";

/** A small generator with a seed, so that a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function pick<T>(random: () => number, list: readonly T[]): T {
  const value = list[Math.floor(random() * list.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

function randomCommand(random: () => number): Command {
  return pick<Command>(random, [
    { kind: "start" },
    { kind: "start" },
    { kind: "stop" },
    { kind: "restart" },
    { kind: "reload", graceful: true, sequential: false },
    { kind: "reload", graceful: true, sequential: true },
    { kind: "reload", graceful: false, sequential: false },
    { kind: "resize", by: 1 },
    { kind: "resize", by: -1 },
    { kind: "kill", pid: null, signal: SIGTERM, timeout: 500, children: false },
    { kind: "kill", pid: null, signal: SIGTERM, timeout: 3_600_000, children: false },
    { kind: "configure", change: (spec) => ({ ...spec, respawn: !spec.respawn }), then: "manage" },
  ]);
}

function check(watcher: VirtualWatcher, reloading: boolean): void {
  const { members, spec } = watcher.state;
  const up = members.filter((member) => member.doomed === null && livePid(member.state) !== null);
  const limit = reloading ? 2 * spec.numprocesses + 4 : spec.numprocesses;
  assert.ok(up.length <= limit, `${up.length} processes up, ${spec.numprocesses} wanted`);
  const wids = members.map((member) => member.wid);
  assert.equal(new Set(wids).size, wids.length, "slots are unique");
  if (watcher.state.phase.kind === "stopped") assert.equal(members.length, 0, "a stopped watcher has no processes");
}

for (const seed of Array.from({ length: 200 }, (_, index) => index + 1)) {
  test(`a watcher keeps its promises under random events (seed ${seed})`, () => {
    const random = randomFrom(seed);
    const watcher = new VirtualWatcher(
      watcherSpec({
        numprocesses: 1 + Math.floor(random() * 4),
        warmupDelay: pick(random, [0, 0, 0.2]),
        maxAge: pick(random, [0, 0, 3]),
        respawn: random() > 0.2,
        onDemand: random() > 0.8,
        gracefulTimeout: 1,
        maxRetry: pick(random, [3, -1]),
        restartMaxDelay: 2,
        hooks:
          random() > 0.7 ? { before_stop: { target: "x", ignoreFailure: false }, after_start: { target: "x", ignoreFailure: false } } : {},
      }),
    );
    const tickets: number[] = [];
    for (let turn = 0; turn < 120; turn += 1) {
      watcher.obedient = random() > 0.3;
      watcher.spawnFailure = random() > 0.9 ? { stage: "exec" } : null;
      watcher.automatic.ready = random() > 0.1;
      const pids = watcher.pids();
      const choice = random();
      if (choice < 0.35) tickets.push(watcher.command(randomCommand(random)));
      else if (choice < 0.65 && pids.length > 0) watcher.die(pick(random, pids), { kind: "exited", code: 1 }, random() > 0.8);
      else if (choice < 0.7) watcher.send({ kind: "activity" });
      else if (choice < 0.72 && pids.length > 0) watcher.send({ kind: "vetoed", key: watcher.keyOf(pick(random, pids)) });
      else watcher.advance(random() * 1500);
      for (const member of watcher.state.members) if (member.state.kind === "started") watcher.send({ kind: "ready", key: member.key });
      check(watcher, watcher.state.operation?.kind === "reload");
    }
    watcher.obedient = true;
    watcher.spawnFailure = null;
    watcher.automatic.ready = true;
    const last = watcher.command({ kind: "stop" });
    watcher.advance(120_000);
    assert.equal(watcher.state.phase.kind, "stopped");
    assert.deepEqual(watcher.timers(), [], "no timer is left armed");
    for (const ticket of [...tickets, last]) assert.ok(watcher.answers.has(ticket), `command ${ticket} was answered`);
  });
}
