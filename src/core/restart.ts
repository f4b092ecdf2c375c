/** How long a successor waits: at once after a first failure, then longer and longer, up to a ceiling. */
import type { Millis } from "./ports.js";
import type { WatcherSpec } from "./spec.js";

/** A process that lived at least this long did not fail to start: the next failure counts as the first. */
export const STABLE_AFTER: Millis = 1000;

type Policy = Pick<WatcherSpec, "restartDelay" | "restartBackoff" | "restartMaxDelay">;

/**
 * Milliseconds before the successor of a process that was the `failures`-th in a row to die young.
 * @example `restartDelay({ restartDelay: 0.1, restartBackoff: 2, restartMaxDelay: 30 }, 3) === 200`
 */
export function restartDelay(policy: Policy, failures: number): Millis {
  if (failures <= 1) return 0;
  // Beyond some 2^1000 the power is Infinity and a delay of 0 would make it NaN.
  const factor = Math.min(policy.restartBackoff ** (failures - 2), Number.MAX_SAFE_INTEGER);
  return Math.min(policy.restartDelay * factor, policy.restartMaxDelay) * 1000;
}

/** The length of the row of failures after a process that continued a row of `before` lived for `lived`. */
export function failuresAfter(before: number, lived: Millis): number {
  return lived < STABLE_AFTER ? before + 1 : 1;
}
