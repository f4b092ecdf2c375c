/** How long a successor waits: at once after a first failure, then longer and longer, up to a ceiling. */
import type { Millis } from "./ports.js";
import type { WatcherSpec } from "./spec.js";

/** A process that lived at least this long did not fail to start: the next failure counts as the first. */
const STABLE_AFTER: Millis = 1000;
/**
 * The same for circusd's own helpers: a Node program that loads its modules on a busy machine, finds an option that it
 * cannot use and says so has lived for longer than a second, and would be started again at once for ever.
 */
const HELPER_STABLE_AFTER: Millis = 10_000;
/** Seconds that a helper waits for at least once it has failed twice. */
const HELPER_DELAY = 1;

type Policy = Pick<WatcherSpec, "restartDelay" | "restartBackoff" | "restartMaxDelay" | "internal">;

/**
 * Milliseconds before the successor of a process that was the `failures`-th in a row to die young.
 * @example `restartDelay({ restartDelay: 0.1, restartBackoff: 2, restartMaxDelay: 30, internal: false }, 3) === 200`
 */
export function restartDelay(policy: Policy, failures: number): Millis {
  if (failures <= 1) return 0;
  // Beyond some 2^1000 the power is Infinity and a delay of 0 would make it NaN.
  const factor = Math.min(policy.restartBackoff ** (failures - 2), Number.MAX_SAFE_INTEGER);
  const first = policy.internal ? Math.max(policy.restartDelay, HELPER_DELAY) : policy.restartDelay;
  return Math.min(first * factor, policy.restartMaxDelay) * 1000;
}

/** The length of the row of failures after a process that continued a row of `before` lived for `lived`. */
export function failuresAfter({ internal }: Pick<Policy, "internal">, before: number, lived: Millis): number {
  return lived < (internal ? HELPER_STABLE_AFTER : STABLE_AFTER) ? before + 1 : 1;
}
