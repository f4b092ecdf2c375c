/** The deadlines of many calls with one timer, which stands for the soonest. */
import type { Cancel, Clock, Millis } from "../core/ports.js";

export interface Due {
  /** On the clock that the deadlines go by. */
  readonly due: Millis;
  expire(): void;
}

export class Deadlines {
  readonly #clock: Pick<Clock, "now" | "after">;
  readonly #waiting = new Set<Due>();
  #armedFor: Millis = Infinity;
  #cancel: Cancel = () => undefined;

  constructor(clock: Pick<Clock, "now" | "after">) {
    this.#clock = clock;
  }

  add(one: Due): void {
    this.#waiting.add(one);
    if (one.due < this.#armedFor) this.#arm(one.due);
  }

  /** The timer stays as it is: most calls end long before, and arming it anew for each would be most of the work. */
  delete(one: Due): void {
    this.#waiting.delete(one);
  }

  close(): void {
    this.#waiting.clear();
    this.#cancel();
    this.#armedFor = Infinity;
  }

  #arm(due: Millis): void {
    this.#cancel();
    this.#armedFor = due;
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    const over = [...this.#waiting].filter(({ due }) => due <= now);
    for (const one of over) this.#waiting.delete(one);
    this.#armedFor = Infinity;
    let soonest = Infinity;
    for (const { due } of this.#waiting) soonest = Math.min(soonest, due);
    if (soonest < Infinity) this.#arm(soonest);
    for (const one of over) one.expire();
  }
}
