import assert from "node:assert/strict";
import test from "node:test";
import { CpuMeter } from "../../../plugins/autoscaler/cpu-meter.js";
import { Scaler, type ScaleRule } from "../../../plugins/autoscaler/decision.js";

const RULE: ScaleRule = { min: 1, max: 5, upAt: 75, downAt: 25, cooldownUp: 10, cooldownDown: 30, step: 1, average: false };

/** What it decides of each look in turn; a number stands for a change to it. */
function decide(rule: Partial<ScaleRule>, ...looks: readonly (readonly [now: number, count: number, figure: number | null])[]) {
  const scaler = new Scaler({ ...RULE, ...rule });
  return looks.map(([now, count, figure]) => {
    const decision = scaler.decide({ now, count, figure });
    return decision.kind === "set" ? decision.count : decision.kind;
  });
}

test("Scaler adds processes at the upper figure, one cooldown after the other, up to the most", () => {
  assert.deepEqual(decide({}, [0, 3, 75], [9, 4, 90], [10, 4, 90], [20, 5, 90]), [4, "keep", 5, "keep"]);
  assert.deepEqual(decide({ step: 3 }, [0, 3, 75]), [5]);
});

test("Scaler takes processes away at the lower figure, one cooldown after the other, down to the least", () => {
  assert.deepEqual(decide({}, [0, 3, 25], [29, 2, 0], [30, 2, 0], [60, 1, 0]), [2, "keep", 1, "keep"]);
  assert.deepEqual(decide({ step: 3 }, [0, 3, 25]), [1]);
});

test("Scaler keeps what there is between the two figures, and without any", () => {
  assert.deepEqual(decide({}, [0, 3, 74.9], [1, 3, 25.1], [2, 3, null]), ["keep", "keep", "keep"]);
});

test("Scaler does not take a process away whose load would be too much for the others", () => {
  assert.deepEqual(decide({ downAt: 50, average: true }, [0, 2, 40]), ["keep"]);
  assert.deepEqual(decide({ downAt: 50, average: true }, [0, 2, 30]), [1]);
  assert.deepEqual(decide({ downAt: 50, average: false }, [0, 2, 40]), [1]);
});

test("Scaler brings a watcher inside its bounds at the first look alone", () => {
  assert.deepEqual(decide({ min: 2 }, [0, 1, 50]), [2]);
  assert.deepEqual(decide({}, [0, 9, null]), [5]);
  assert.deepEqual(decide({}, [0, 3, 50], [1, 9, 0], [2, 9, 0], [100, 0, 90]), ["keep", "yield", "yield", "yield"]);
});

test("Scaler lets a change by somebody else stand for the time of a cooldown", () => {
  assert.deepEqual(decide({}, [0, 3, 50], [1, 5, 0], [30, 5, 0], [31, 5, 0]), ["keep", "yield", "keep", 4]);
  assert.deepEqual(decide({}, [0, 3, 50], [1, 2, 90], [10, 2, 90], [11, 2, 90]), ["keep", "yield", "keep", 3]);
});

test("Scaler tries again after a cooldown where circusd has refused", () => {
  const scaler = new Scaler(RULE);
  const look = (now: number): string => scaler.decide({ now, count: 3, figure: 90 }).kind;
  assert.equal(look(0), "set");
  scaler.refused();
  assert.deepEqual([look(1), look(9), look(10)], ["keep", "keep", "set"]);
});

function figures(cpu_seconds: number, ...children: readonly object[]): object {
  return { cpu: 99, cpu_seconds, create_time: 1, children };
}

test("CpuMeter averages what processes have worked since the last look", () => {
  const meter = new CpuMeter(false);
  assert.equal(meter.measure({ 7: figures(10), 8: figures(0) }, 100), null);
  assert.equal(meter.measure({ 7: figures(12), 8: figures(1), 9: figures(5) }, 104), 37.5);
  assert.equal(meter.measure({ 9: figures(5), 10: "No such process (stopped?)" }, 106), 0);
});

test("CpuMeter does not take a new process for the old one of the same pid", () => {
  const meter = new CpuMeter(false);
  meter.measure({ 7: figures(10) }, 100);
  assert.equal(meter.measure({ 7: { ...figures(1), create_time: 2 } }, 101), null);
});

test("CpuMeter counts children in where it is told to", () => {
  const meter = new CpuMeter(true);
  meter.measure({ 7: figures(1, figures(2, figures(3))) }, 100);
  assert.equal(meter.measure({ 7: figures(1, figures(2, figures(4))) }, 102), 50);
  assert.equal(meter.measure({ 7: figures(1) }, 104), 0);
});

test("CpuMeter takes the percents of a circusd that does not count seconds", () => {
  assert.equal(new CpuMeter(false).measure({ 7: { cpu: 30 }, 8: { cpu: 50 }, 9: { cpu: "N/A" } }, 100), 40);
});
