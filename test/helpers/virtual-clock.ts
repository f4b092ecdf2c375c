/** A clock that goes on when the test says so, and may be set like any other. */
import type { Cancel, Clock } from "../../src/core/ports.js";

interface Armed {
  readonly due: number;
  readonly run: () => void;
}

export class VirtualClock implements Pick<Clock, "now" | "epoch" | "after"> {
  readonly #armed = new Set<Armed>();
  #now = 0;
  /** What the wall clock shows beyond the monotonic one, in milliseconds. */
  #offset: number;

  /** @param epoch what the wall clock shows at the start, in seconds */
  constructor(epoch: number) {
    this.#offset = epoch * 1000;
  }

  now(): number {
    return this.#now;
  }

  epoch(): number {
    return (this.#now + this.#offset) / 1000;
  }

  after(delay: number, run: () => void): Cancel {
    const one = { due: this.#now + delay, run };
    this.#armed.add(one);
    return () => void this.#armed.delete(one);
  }

  /** Sets the wall clock; timers do not mind. */
  set(epoch: number): void {
    this.#offset = epoch * 1000 - this.#now;
  }

  /** How many timers wait. */
  get armed(): number {
    return this.#armed.size;
  }

  /** Goes on by so many seconds; what is due meanwhile runs at its time, with everything that follows at once. */
  async advance(seconds: number): Promise<void> {
    const end = this.#now + seconds * 1000;
    for (;;) {
      await settled();
      const [next] = [...this.#armed].sort((one, other) => one.due - other.due);
      if (next === undefined || next.due > end) break;
      this.#now = Math.max(this.#now, next.due);
      this.#armed.delete(next);
      next.run();
    }
    this.#now = end;
    await settled();
  }
}

/** Messages of memory and promises need a few turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
