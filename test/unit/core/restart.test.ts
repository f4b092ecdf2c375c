import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresAfter, restartDelay } from "../../../src/core/restart.js";

const POLICY = { restartDelay: 0.1, restartBackoff: 2, restartMaxDelay: 30, internal: false };
const HELPER = { ...POLICY, internal: true };

test("restartDelay() is nothing after a first failure, then doubles up to its ceiling", () => {
  const delays = [1, 2, 3, 4, 20, 5000].map((failures) => restartDelay(POLICY, failures));
  assert.deepEqual(delays, [0, 100, 200, 400, 30_000, 30_000]);
});

test("restartDelay() lets a helper of circusd wait for a second at least from the second failure on", () => {
  const delays = [1, 2, 3, 4, 20].map((failures) => restartDelay(HELPER, failures));
  assert.deepEqual(delays, [0, 1000, 2000, 4000, 30_000]);
  assert.equal(restartDelay({ ...HELPER, restartDelay: 0 }, 2), 1000);
  assert.equal(restartDelay({ ...HELPER, restartDelay: 5 }, 2), 5000);
  assert.equal(restartDelay({ ...HELPER, restartMaxDelay: 0.5 }, 9), 500);
});

test("failuresAfter() begins a new row where a process has lived for a second, and a helper for ten", () => {
  assert.deepEqual(
    [999, 1000].map((lived) => failuresAfter(POLICY, 4, lived)),
    [5, 1],
  );
  assert.deepEqual(
    [1000, 9999, 10_000].map((lived) => failuresAfter(HELPER, 4, lived)),
    [5, 5, 1],
  );
});
