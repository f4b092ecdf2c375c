/** A clock that the test moves. */
import type { Clock, Millis } from "../../src/core/ports.js";

interface Timer {
  readonly due: Millis;
  readonly run: () => void;
}

export class VirtualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: Millis = 1_000;

  now(): Millis {
    return this.#now;
  }

  epoch(): number {
    return 1_700_000_000 + this.#now / 1000;
  }

  after(delay: Millis, run: () => void): () => void {
    const timer = { due: this.#now + delay, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Moves on, running what falls due in its order, and lets everything that follows from it have its turn. */
  async pass(time: Millis): Promise<void> {
    const end = this.#now + time;
    for (;;) {
      await this.yield();
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = end;
    await this.yield();
  }
}
