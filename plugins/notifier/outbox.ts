/** Notices on their way, delivered one after the other; it holds so many and no more. */
import type { Notice } from "./notice.js";

export interface Delivery {
  /** Never rejects. @returns why it was not delivered, or null */
  send(notice: Notice): Promise<string | null>;
  /** Told of each notice that could not be delivered. */
  lost(notice: Notice, reason: string): void;
  /** Told when there is no more room, and with their number when there is room again, of those that found none. */
  dropped(count: number | null): void;
}

/** What waits while a receiver is away. */
export const MAX_WAITING = 1000;

export class Outbox {
  readonly #delivery: Delivery;
  #waiting = 0;
  #dropped = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  put(notice: Notice): void {
    if (this.#waiting >= MAX_WAITING) {
      if (this.#dropped === 0) this.#delivery.dropped(null);
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0) this.#delivery.dropped(this.#dropped);
    this.#dropped = 0;
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
