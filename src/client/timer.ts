/**
 * The timer of a client that was given none. A client stands in programs which have no composition root of
 * ours, so this is the one place outside `os` that reaches for the system's timers.
 */
import type { Clock } from "../core/ports.js";

export type Timer = Pick<Clock, "after">;

/** The longest delay that setTimeout takes, some 24 days; more would be over at once. */
const LONGEST = 2 ** 31 - 1;

export const systemTimer: Timer = {
  after(delay, run) {
    const timer = setTimeout(run, Math.min(LONGEST, delay));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
