/** The end of all waiting for output: those who wait are told that there is no more to come. */
import type { Clock } from "../core/ports.js";
import type { Watchers } from "./watchers.js";

/** Milliseconds in which answers that were just given leave. */
const FAREWELL = 20;

/** Resolves when their answers have left, so that the endpoint may close. */
export function dismissListeners(watchers: Watchers, clock: Pick<Clock, "after">): Promise<void> {
  const tails = watchers.all().map((runner) => runner.outputs.tail);
  const expected = tails.some((tail) => tail.isAwaited);
  for (const tail of tails) tail.close();
  return new Promise((resolve) => {
    if (expected) clock.after(FAREWELL, resolve);
    else resolve();
  });
}
