/** Subscriptions of an arbiter's own program, which end with the arbiter. */
import type { Events } from "../../client/listen.js";

export class Subscriptions {
  readonly #open = new Set<Events>();
  #closed = false;

  /** Hands it on, and closes it with the others; one that was left is forgotten. */
  follow(events: Events): Events {
    const close = (): void => {
      this.#open.delete(events);
      events.close();
    };
    if (this.#closed) close();
    else this.#open.add(events);
    return {
      async *[Symbol.asyncIterator]() {
        try {
          yield* events;
        } finally {
          close();
        }
      },
      close,
      [Symbol.dispose]: close,
    };
  }

  /** Ends all of them, and what is still to come at once. */
  close(): void {
    this.#closed = true;
    for (const events of this.#open) events.close();
    this.#open.clear();
  }
}
