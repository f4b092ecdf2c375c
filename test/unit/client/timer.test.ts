import assert from "node:assert/strict";
import test from "node:test";
import { systemTimer } from "../../../src/client/timer.js";

test("a wait that is longer than a timer can be is not over at once", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", note);
  const cancel = systemTimer.after(9_999_999_000, () => warnings.push("rang"));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  cancel();
  assert.deepEqual(warnings, []);
});
