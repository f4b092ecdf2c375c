/** Notices on their way, delivered one after the other; it holds so many and no more. */
import type { Notice } from "./notice.js";

export interface Delivery {
  /** Never rejects. @returns why it was not delivered, or null */
  send(notice: Notice): Promise<string | null>;
  /** Told of each notice that is lost. */
  lost(notice: Notice, reason: string): void;
}

/** What waits while a receiver is away. */
const MAX_WAITING = 1000;

export class Outbox {
  readonly #delivery: Delivery;
  #waiting = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  put(notice: Notice): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#delivery.lost(notice, `${MAX_WAITING} others are still on their way`);
      return;
    }
    this.#waiting += 1;
    this.#work = this.#work.then(() => this.#send(notice));
  }

  /** Resolves when nothing is on its way. */
  empty(): Promise<void> {
    return this.#work;
  }

  async #send(notice: Notice): Promise<void> {
    const reason = await this.#delivery.send(notice);
    this.#waiting -= 1;
    if (reason !== null) this.#delivery.lost(notice, reason);
  }
}
