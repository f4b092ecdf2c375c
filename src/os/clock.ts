/** Time as the rest of the house sees it: monotonic for every timer, the wall clock only for what is shown. */
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { Cancel, Clock, Millis } from "../core/ports.js";

/** The longest delay that setTimeout takes; more would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * The clock of this machine. A timer never fires early, whatever its length, and does not keep the program alive.
 * @example `const cancel = systemClock().after(500, () => log.info("half a second later"))`
 */
export function systemClock(): Clock {
  const now = (): Millis => performance.now();
  return { now, epoch: () => Date.now() / 1000, after: (delay, run) => arm(now, now() + delay, run), yield: () => setImmediate() };
}

/** Node's timers count in whole milliseconds and may fire a fraction early; what is left is then waited for too. */
function arm(now: () => Millis, due: Millis, run: () => void): Cancel {
  let timer = setTimeout(fire, wait());
  timer.unref();

  function wait(): Millis {
    return Math.min(LONGEST, Math.max(0, Math.ceil(due - now())));
  }

  function fire(): void {
    if (now() >= due) return run();
    timer = setTimeout(fire, wait());
    timer.unref();
  }

  return () => {
    clearTimeout(timer);
  };
}
