import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { systemClock } from "../../../src/os/clock.js";

function elapsed(delay: number): Promise<number> {
  const clock = systemClock();
  const begun = clock.now();
  /* The clock's own timers do not keep the program alive, so one that does stands beside them. */
  const keepAlive = setInterval(() => undefined, 1000);
  return new Promise((resolve) => {
    clock.after(delay, () => {
      clearInterval(keepAlive);
      resolve(clock.now() - begun);
    });
  });
}

test("a timer of the clock never fires early, also for parts of a millisecond", async () => {
  for (const delay of [0, 0.3, 1, 1.7, 3.2]) assert.ok((await elapsed(delay)) >= delay, `after(${delay})`);
});

test("a timer longer than Node's own limit does not fire at once", async () => {
  const clock = systemClock();
  let fired = false;
  const cancel = clock.after(2 ** 40, () => {
    fired = true;
  });
  await elapsed(5);
  cancel();
  assert.equal(fired, false);
});

test("a cancelled timer does not fire", async () => {
  const clock = systemClock();
  let fired = false;
  clock.after(1, () => {
    fired = true;
  })();
  await elapsed(5);
  assert.equal(fired, false);
});

test("a timer does not keep the program alive", () => {
  const url = new URL("../../../src/os/clock.js", import.meta.url).href;
  const program = `import { systemClock } from ${JSON.stringify(url)}; systemClock().after(60000, () => {});`;
  assert.equal(spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 }).status, 0);
});

test("epoch() is in seconds", () => {
  assert.ok(Math.abs(systemClock().epoch() - Date.now() / 1000) < 60);
});
