import assert from "node:assert/strict";
import test from "node:test";
import type { ProcStat } from "../../../src/os/proc-table.js";
import { Released } from "../../../src/os/released.js";

function stat(pid: number, session: number): ProcStat {
  const rest = { state: "S", parent: 1, userTicks: 0, systemTicks: 0, nice: 0, start: 1, virtual: 0, residentPages: 0 };
  return { ...rest, pid, group: session, session };
}

test("a released worker and its session are spared until nobody is left of them", () => {
  const released = new Released();
  released.add(10);
  assert.equal(released.spares(stat(10, 10)), true);
  released.prune(() => [stat(10, 10)]);
  released.prune(() => [stat(12, 10)]);
  assert.equal(released.spares(stat(12, 10)), true);
  assert.equal(released.spares(stat(12, 12)), false);
  released.prune(() => [stat(13, 13)]);
  assert.equal(released.spares(stat(10, 10)), false, "another process bears the number by now");
});

test("nobody is looked for where nothing was released", () => {
  new Released().prune(() => assert.fail("it was asked"));
});
