/** A clock that goes on when the test says so, and may be set like any other. */
import type { Cancel, Clock, Millis } from "../../src/core/ports.js";

interface Armed {
  readonly due: Millis;
  readonly run: () => void;
}

export class VirtualClock implements Clock {
  readonly #armed = new Set<Armed>();
  #now: Millis = 1_000;
  /** What the wall clock shows beyond the monotonic one, in milliseconds. */
  #offset: Millis;

  /** @param epoch what the wall clock shows at the start, in seconds */
  constructor(epoch = 1_700_000_001) {
    this.#offset = epoch * 1000 - this.#now;
  }

  now(): Millis {
    return this.#now;
  }

  epoch(): number {
    return (this.#now + this.#offset) / 1000;
  }

  after(delay: Millis, run: () => void): Cancel {
    const one = { due: this.#now + delay, run };
    this.#armed.add(one);
    return () => void this.#armed.delete(one);
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
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
  advance(seconds: number): Promise<void> {
    return this.pass(seconds * 1000);
  }

  /** Goes on by so many milliseconds. */
  async pass(time: Millis): Promise<void> {
    const end = this.#now + time;
    for (;;) {
      await this.#settled();
      const next = this.#soonest();
      if (next === undefined || next.due > end) break;
      this.#now = Math.max(this.#now, next.due);
      this.#armed.delete(next);
      next.run();
    }
    this.#now = end;
    await this.#settled();
  }

  /** Of those that are due at once, the one that was armed first. */
  #soonest(): Armed | undefined {
    let soonest: Armed | undefined;
    for (const one of this.#armed) if (soonest === undefined || one.due < soonest.due) soonest = one;
    return soonest;
  }

  /** Messages of memory and promises need a few turns of the event loop. */
  async #settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await this.yield();
  }
}
