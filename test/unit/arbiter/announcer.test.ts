/** What a service manager is told, on a clock that rings when the test says so. */
import assert from "node:assert/strict";
import test from "node:test";
import { Announcer, type Announcing } from "../../../src/arbiter/announcer.js";
import { watcherSpec } from "../../helpers/spec.js";

type Told = Readonly<Record<string, string>>;
type Runner = ReturnType<Announcing["watchers"]["all"]>[number];

function runner(status: Runner["status"], pids: readonly number[] = [], autostart = true): Runner {
  return { spec: watcherSpec({ autostart }), status, pids };
}

function stage(options: { readonly watchdog?: number; readonly mainPid?: number } = {}) {
  const told: Told[] = [];
  const timers = new Map<symbol, { readonly at: number; readonly run: () => void }>();
  const world = { now: 0, listens: true, watchers: [] as readonly Runner[] };
  const announcer = new Announcer({
    manager: {
      tell(assignments) {
        if (world.listens) told.push(assignments);
        return world.listens;
      },
      monotonic: () => "77",
      watchdog: options.watchdog ?? null,
    },
    mainPid: options.mainPid ?? null,
    watchers: { all: () => world.watchers },
    clock: {
      after(delay, run) {
        const name = Symbol("timer");
        timers.set(name, { at: world.now + delay, run });
        return () => void timers.delete(name);
      },
    },
  });
  const advance = (milliseconds: number): void => {
    const end = world.now + milliseconds;
    for (;;) {
      const [next] = [...timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at);
      if (next === undefined) break;
      timers.delete(next[0]);
      world.now = next[1].at;
      next[1].run();
    }
    world.now = end;
  };
  const fresh = (): readonly Told[] => told.splice(0);
  return { announcer, world, advance, fresh, timers };
}

const EXTEND_TIMEOUT_USEC = "60000000";

test("a start, a reload and a stop are told in their order, each with a line for people", () => {
  const { announcer, world, advance, fresh, timers } = stage();
  assert.deepEqual(fresh(), [{ STATUS: "Starting" }]);
  world.watchers = [runner("active", [1, 2]), runner("starting"), runner("stopped", [], false)];
  advance(1000);
  assert.deepEqual(fresh(), [{ STATUS: "Starting: 1 of 2 watchers", EXTEND_TIMEOUT_USEC }]);
  world.watchers = [runner("active", [1, 2]), runner("active", [3]), runner("stopped", [], false)];
  announcer.ready();
  assert.deepEqual(fresh(), [{ READY: "1", STATUS: "2 watchers active, 3 processes" }]);
  const done = announcer.reloading();
  assert.deepEqual(fresh(), [{ RELOADING: "1", MONOTONIC_USEC: "77", STATUS: "Reloading: 2 watchers active, 3 processes" }]);
  advance(1000);
  assert.deepEqual(fresh(), [{ EXTEND_TIMEOUT_USEC }]);
  done();
  assert.deepEqual(fresh(), [{ READY: "1", STATUS: "2 watchers active, 3 processes" }]);
  announcer.stopping();
  assert.deepEqual(fresh(), [{ STOPPING: "1", STATUS: "Stopping: 2 watchers left" }]);
  world.watchers = [runner("stopping", [1]), runner("stopped")];
  advance(1000);
  assert.deepEqual(fresh(), [{ STATUS: "Stopping: 1 watcher left", EXTEND_TIMEOUT_USEC }]);
  announcer.end();
  advance(10_000);
  assert.deepEqual([fresh(), timers.size], [[], 0]);
});

test("while nothing changes nothing is told, and the line for people follows what does at the next look", () => {
  const { announcer, world, advance, fresh } = stage();
  world.watchers = [runner("active", [1])];
  announcer.ready();
  fresh();
  advance(60_000);
  assert.deepEqual(fresh(), []);
  world.watchers = [runner("active", [1, 2])];
  advance(1000);
  assert.deepEqual(fresh(), [{ STATUS: "1 watcher active, 2 processes" }]);
});

test("a reload while starting or stopping is not told, and two at once are one", () => {
  const { announcer, fresh } = stage();
  announcer.reloading()();
  announcer.ready();
  fresh();
  const [first, second] = [announcer.reloading(), announcer.reloading()];
  assert.deepEqual(
    fresh().map(({ RELOADING }) => RELOADING),
    ["1", "1"],
  );
  first();
  assert.deepEqual(fresh(), []);
  second();
  assert.equal(fresh()[0]?.["READY"], "1");
  const third = announcer.reloading();
  announcer.stopping();
  fresh();
  third();
  announcer.reloading()();
  assert.deepEqual(fresh(), []);
});

test("news that nobody took are told again, and no other than the last", () => {
  const { announcer, world, advance, fresh } = stage();
  world.listens = false;
  announcer.ready();
  announcer.stopping();
  world.listens = true;
  advance(1000);
  assert.deepEqual(fresh().at(-1), { STOPPING: "1", EXTEND_TIMEOUT_USEC, STATUS: "Stopping" });
});

test("signs of life come twice as often as they are waited for", () => {
  const { advance, fresh } = stage({ watchdog: 800 });
  fresh();
  advance(900);
  assert.deepEqual(fresh(), [{ WATCHDOG: "1" }, { WATCHDOG: "1" }]);
});

test("the end of a start or a reload is a sign of life, as what was asked for meanwhile puts the next one off", () => {
  const { announcer, advance, fresh } = stage({ watchdog: 800_000 });
  advance(1000);
  assert.equal(fresh().at(-1)?.["EXTEND_TIMEOUT_USEC"], EXTEND_TIMEOUT_USEC);
  announcer.ready();
  const done = announcer.reloading();
  done();
  assert.deepEqual(
    fresh().map(({ READY, WATCHDOG }) => [READY, WATCHDOG]),
    [
      ["1", "1"],
      [undefined, undefined],
      ["1", "1"],
    ],
  );
});

test("a daemon in the background says who it is", () => {
  assert.deepEqual(stage({ mainPid: 4711 }).fresh(), [{ MAINPID: "4711", STATUS: "Starting" }]);
});
