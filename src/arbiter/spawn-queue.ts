/**
 * Starts processes of all watchers one after the other in short slices, so that a thousand of them to start
 * do not keep commands and deaths waiting.
 */
import type { Clock } from "../core/ports.js";

/** A slice of work between two looks at the world, in milliseconds. */
const SLICE = 8;

export class SpawnQueue {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #draining = false;
  #sliceEnd = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is this caller's turn; what it does then without awaiting is its share of the slice. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#draining) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next();
      // The callers run in microtasks: after one such round the time that was spent shows.
      await Promise.resolve();
      if (this.#clock.now() >= this.#sliceEnd) {
        await this.#clock.yield();
        this.#sliceEnd = this.#clock.now() + SLICE;
      }
    }
    this.#draining = false;
  }
}
