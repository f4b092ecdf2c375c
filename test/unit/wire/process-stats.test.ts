import assert from "node:assert/strict";
import test from "node:test";
import { bytesOf, clockTime, humanSize, secondsOf } from "../../../src/wire/process-stats.js";

test("bytesOf() reads Circus's sizes", () => {
  const read = ["1.77M", "512B", "7", "N/A", "1.2.3M", humanSize(3 * 1024 ** 5)].map(bytesOf);
  assert.deepEqual(read, [1.77 * 1024 ** 2, 512, 7, 0, 0, 3 * 1024 ** 5]);
});

test("secondsOf() reads Circus's times, whose parts are not padded", () => {
  const read = ["0:00.10", "12:3.5", "1:02", "N/A", clockTime(3661.25)].map(secondsOf);
  assert.deepEqual(read, [0.1, 723.05, 62, 0, 3661.25]);
});
