/** Timers by name: arming one again replaces it. */
import type { Cancel, Clock, Millis } from "../core/ports.js";

export class Timers {
  readonly #clock: Clock;
  readonly #armed = new Map<string, Cancel>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  arm(name: string, delay: Millis, ring: () => void): void {
    this.disarm(name);
    const cancel = this.#clock.after(delay, () => {
      this.#armed.delete(name);
      ring();
    });
    this.#armed.set(name, cancel);
  }

  disarm(name: string): void {
    this.#armed.get(name)?.();
    this.#armed.delete(name);
  }
}
