/** The last events of a daemon, numbered so that a page can tell what it has seen. */
import type { CircusEvent } from "../../wire/event.js";
import type { FeedEvent } from "../api.js";

export const KEPT_EVENTS = 500;

export class EventLog {
  readonly #events: FeedEvent[] = [];
  #number = 0;

  /** Keeps it, gives it its number. */
  put({ topic, payload }: CircusEvent): FeedEvent {
    this.#number += 1;
    const event: FeedEvent = { number: this.#number, topic, payload };
    this.#events.push(event);
    if (this.#events.length > KEPT_EVENTS) this.#events.shift();
    return event;
  }

  all(): readonly FeedEvent[] {
    return [...this.#events];
  }
}
