import assert from "node:assert/strict";
import test from "node:test";
import { exceeded, parseAmount, type Limits, type Usage } from "../../../plugins/resource-watcher/limits.js";
import { Processes } from "../../../plugins/resource-watcher/processes.js";
import type { ProcessStats } from "../../../src/plugin/index.js";

const LIMITS: Limits = {
  ...{ maxCpu: 90, minCpu: null, maxMem: { unit: "%", value: 90 }, minMem: null },
  ...{ health: 75, maxCount: 3 },
};

const USAGE: Usage = { cpu: 10, mem: 5, bytes: 1000 };

function stats(given: Partial<ProcessStats>): ProcessStats {
  return {
    ...{ pid: 7, create_time: 100, cpu: 0, mem: 1, mem_info1: "1.00M", mem_info2: "2.00M", ctime: "0:00.0", age: 1 },
    ...{ username: "joe", nice: 0, cmdline: "worker", children: [], ...given },
  };
}

test("parseAmount() reads percentages and sizes in every unit of Circus", () => {
  const bytes = (value: number) => ({ unit: "bytes", value });
  assert.deepEqual(parseAmount("50"), { unit: "%", value: 50 });
  assert.deepEqual(parseAmount("12.5%"), { unit: "%", value: 12.5 });
  assert.deepEqual(parseAmount("250M"), bytes(250 * 1024 ** 2));
  assert.deepEqual(parseAmount("1.5 k"), bytes(1536));
  assert.deepEqual(parseAmount("10B"), bytes(10));
  for (const [power, unit] of "B K M G T P E Z Y".split(" ").entries()) assert.deepEqual(parseAmount(`1${unit}`), bytes(1024 ** power));
  for (const text of ["", "much", "-5", "5X", "M"]) assert.equal(parseAmount(text), null, text);
});

const BEYOND: readonly (readonly [limits: Partial<Limits>, usage: Partial<Usage>, found: readonly string[]])[] = [
  [{}, { cpu: 90 }, []],
  [{}, { cpu: 90.1 }, ["over_cpu"]],
  [{ maxCpu: 0, health: 0 }, { cpu: 400 }, []],
  [{ minCpu: 0 }, { cpu: 0 }, ["under_cpu"]],
  [{ minCpu: 0 }, { cpu: 0.1 }, []],
  [{ minCpu: 0, maxCpu: 1 }, { cpu: null }, []],
  [{ health: 0 }, { mem: 91 }, ["over_memory"]],
  [{ maxMem: { unit: "bytes", value: 1000 } }, { bytes: 1000 }, []],
  [{ maxMem: { unit: "bytes", value: 1000 } }, { bytes: 1001 }, ["over_memory"]],
  [{ minMem: { unit: "%", value: 5 } }, { mem: 5 }, []],
  [{ minMem: { unit: "bytes", value: 1001 } }, { bytes: 1000, mem: 99, cpu: 0 }, ["over_memory", "under_memory"]],
  [{}, { cpu: 80, mem: 70.1 }, ["over_health"]],
  [{ health: 0 }, { cpu: 80, mem: 80 }, []],
];

test("exceeded() compares as Circus does", () => {
  for (const [limits, usage, found] of BEYOND)
    assert.deepEqual(exceeded({ ...USAGE, ...usage }, { ...LIMITS, ...limits }), found, JSON.stringify([limits, usage]));
});

test("a process is guilty when it is beyond one limit more often in a row than max_count", () => {
  const processes = new Processes({ ...LIMITS, maxCount: 2 });
  const looks = [95, 95, 50, 95, 95, 95, 95].map((mem, at) => {
    const { guilty } = processes.judge(stats({ mem }), at);
    processes.finish();
    return guilty.join();
  });
  assert.deepEqual(looks, ["", "", "", "", "", "over_memory", ""]);
});

test("each process is counted by itself, and a new one under an old pid begins anew", () => {
  const processes = new Processes({ ...LIMITS, maxCount: 1 });
  const look = (...all: readonly ProcessStats[]) => {
    const guilty = all.filter((one) => processes.judge(one, 0).guilty.length > 0).map(({ pid }) => pid);
    processes.finish();
    return guilty;
  };
  assert.deepEqual(look(stats({ pid: 1, mem: 95 }), stats({ pid: 2 })), []);
  assert.deepEqual(look(stats({ pid: 1 }), stats({ pid: 2, mem: 95 })), []);
  assert.deepEqual(look(stats({ pid: 1, mem: 95 }), stats({ pid: 2, mem: 95, create_time: 200 })), []);
  assert.deepEqual(look(stats({ pid: 1, mem: 95 }), stats({ pid: 2, mem: 95, create_time: 200 })), [1, 2]);
});

test("cpu is reckoned between two looks of the plugin, or taken as a circusd of Python tells it", () => {
  const processes = new Processes({ ...LIMITS, health: 0, maxCount: 0 });
  const guilty = (given: Partial<ProcessStats>, at: number) => {
    const found = processes.judge(stats(given), at).guilty;
    processes.finish();
    return found;
  };
  assert.deepEqual(guilty({ cpu_seconds: 1 }, 10), []);
  assert.deepEqual(guilty({ cpu: 0, cpu_seconds: 2.9 }, 12), ["over_cpu"]);
  assert.deepEqual(guilty({ cpu: 99, cpu_seconds: 4.5 }, 14), []);
  assert.deepEqual(guilty({ cpu: 99 }, 15), ["over_cpu"]);
});
