import assert from "node:assert/strict";
import test from "node:test";
import { Deaths, type Rules } from "../../../plugins/flapping/deaths.js";

const RULES: Rules = { active: true, attempts: 2, window: 1, retryIn: 7, maxRetry: 2 };

/** What a watcher's deaths at these times amount to, in short. */
function verdicts(times: readonly number[], rules: Partial<Rules> = {}): readonly string[] {
  const deaths = new Deaths();
  return times.map((at) => {
    const verdict = deaths.add(at, { ...RULES, ...rules });
    return verdict.kind === "retry" ? `retry ${verdict.attempt}` : verdict.kind;
  });
}

test("as many deaths as attempts within the window are flapping, and each row of them is one try more", () => {
  assert.deepEqual(verdicts([0, 1]), ["bearable", "retry 1"]);
  assert.deepEqual(verdicts([0, 0.5, 10, 10.5], { attempts: 2 }), ["bearable", "retry 1", "bearable", "retry 2"]);
  assert.deepEqual(verdicts([0, 0.1, 0.2, 0.3], { attempts: 4 }), ["bearable", "bearable", "bearable", "retry 1"]);
  assert.deepEqual(verdicts([5], { attempts: 1 }), ["retry 1"]);
});

test("deaths with more time between them than the window are bearable, and the tries are counted anew", () => {
  assert.deepEqual(verdicts([0, 1.1, 2.2, 3.3]), ["bearable", "bearable", "bearable", "bearable"]);
  assert.deepEqual(verdicts([0, 0.5, 10, 20, 20.5]), ["bearable", "retry 1", "bearable", "bearable", "retry 1"]);
});

test("the window slides: a row that begins in the middle is seen", () => {
  assert.deepEqual(verdicts([0, 2, 2.5]), ["bearable", "bearable", "retry 1"]);
});

test("after max_retry tries it is given up, and begins anew when somebody starts it", () => {
  const row = [0, 0.1, 1, 1.1, 2, 2.1, 3, 3.1];
  assert.deepEqual(
    verdicts(row).filter((verdict) => verdict !== "bearable"),
    ["retry 1", "retry 2", "give up", "retry 1"],
  );
  assert.deepEqual(verdicts([0, 0.1], { maxRetry: 0 }), ["bearable", "give up"]);
});

test("time for which a successor is held back does not make deaths rare", () => {
  const deaths = new Deaths();
  assert.equal(deaths.add(0, RULES).kind, "bearable");
  deaths.replaced(30);
  assert.equal(deaths.add(30.5, RULES).kind, "retry");
  deaths.left();
  deaths.replaced(60);
  assert.equal(deaths.add(60, RULES).kind, "bearable");
  deaths.replaced(60);
  assert.equal(deaths.add(61.1, RULES).kind, "bearable");
});

test("max_retry = -1 tries without end", () => {
  const row = Array.from({ length: 200 }, (_, n) => n / 10);
  assert.equal(verdicts(row, { maxRetry: -1 }).at(-1), "retry 100");
});
