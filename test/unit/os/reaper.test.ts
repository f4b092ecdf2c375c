import assert from "node:assert/strict";
import test from "node:test";
import type { Exit, Pid } from "../../../src/core/ports.js";
import { Reaper } from "../../../src/os/reaper.js";
import { loadNative } from "../../../src/os/native.js";

test("a worker that has got the number of a dead stranger is told of when it dies", async (t) => {
  let dead: Pid | null = 77;
  const ours = new Set<Pid>();
  const died: { readonly pid: Pid; readonly exit: Exit }[] = [];
  const native = { ...loadNative(), peekDead: () => dead, reap: (pid: Pid) => (pid === dead ? ((dead = null), 256) : null) };
  const again = new Promise<void>((resolve) => {
    const reaper = new Reaper(native, {
      isOurs: (pid) => ours.has(pid),
      ours: () => ours,
      isOrphan: () => false,
      adopts: true,
      zombies: () => (dead === null ? [] : [dead]),
      died: (pid, exit) => {
        died.push({ pid, exit });
        resolve();
      },
      settled: () => undefined,
    });
    t.after(() => reaper.close());
  });
  const awake = setInterval(() => undefined, 1_000);
  t.after(() => clearInterval(awake));
  process.emit("SIGCHLD", "SIGCHLD");
  // Its owner has reaped it, and the next process got its number.
  ours.add(77);
  await again;
  assert.deepEqual(died, [{ pid: 77, exit: { kind: "exited", code: 1 } }]);
});
