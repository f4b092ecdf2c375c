/** How long to wait before trying again, so that what is gone for long costs little and nobody comes in step. */
import type { Millis, Random } from "../../core/ports.js";

const FIRST: Millis = 500;
const LONGEST: Millis = 15_000;

/**
 * Twice as long after every attempt, up to `longest`, and a quarter more or less.
 * @param attempts how many have failed so far, beginning with 1
 */
export function backOff(attempts: number, random: Random, longest = LONGEST): Millis {
  return around(Math.min(longest, FIRST * 2 ** Math.max(0, attempts - 1)), random);
}

/** A quarter more or less than that. */
export function around(time: Millis, random: Random): Millis {
  return time * (0.75 + random() / 2);
}
