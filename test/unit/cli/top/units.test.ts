import assert from "node:assert/strict";
import test from "node:test";
import { age, percent, processorTime, size, thousands } from "../../../../src/cli/top/units.js";

function table<I>(name: string, show: (input: I) => unknown, cases: readonly (readonly [I, unknown])[]): void {
  test(name, () => {
    for (const [input, expected] of cases) assert.equal(show(input), expected, String(input));
  });
}

table("age() shows the two greatest units", age, [
  [0, "0s"],
  [-1, "0s"],
  [59.9, "59s"],
  [60, "1m 0s"],
  [3599, "59m 59s"],
  [3600, "1h 0m"],
  [76 * 3600 + 59, "3d 4h"],
  [999 * 86400 + 23 * 3600, "999d 23h"],
  [1000 * 86400, "1000d"],
]);

table("size() shows at most four characters and a unit", size, [
  [0, "0B"],
  [1023, "1023B"],
  [1024, "1.0K"],
  [99.9 * 1024, "99.9K"],
  [99.96 * 1024, "100K"],
  [1023.6 * 1024, "1.0M"],
  [1.5 * 1024 ** 3, "1.5G"],
  [5000 * 1024 ** 6, "5000E"],
]);

table("percent() has one decimal while there is room", percent, [
  [0, "0.0"],
  [0.05, "0.1"],
  [9999.9, "9999.9"],
  [12800, "12800"],
]);

table("processorTime() counts minutes, then hours", processorTime, [
  [0, "0:00.00"],
  [0.07, "0:00.07"],
  [62.05, "1:02.05"],
  [5999.99, "99:59.99"],
  [6000, "1h 40m"],
  [360_000, "100h"],
]);

table("thousands() separates groups of three", thousands, [
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1234567.8, "1,234,568"],
]);
