/** Events of watchers, as they go out on the PUB socket: topic, payload, time. */
import type { Clock } from "../core/ports.js";
import { watcherTopic, type WatcherEvent } from "../core/topics.js";
import { encodeJson } from "../wire/codec.js";
import type { EventPayload } from "../wire/event.js";
import type { EventServer } from "../wire/transport.js";

/** A payload; without a time it gets the present one. */
export type News<E extends WatcherEvent> = Omit<EventPayload<E>, "time"> & { readonly time?: number };

export class Publisher {
  #server: EventServer | null = null;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on events go to this server; null: to nobody, while endpoints are closed. */
  attach(server: EventServer | null): void {
    this.#server = server;
  }

  /** @example `publisher.publish("web", "spawn", { process_pid: 4711 })` */
  publish<E extends WatcherEvent>(watcher: string, event: E, payload: News<E>): void {
    const time = payload.time ?? this.#clock.epoch();
    // Circus writes the time after what it is the time of: the process or the hook.
    const [subject = [], ...rest] = Object.entries(payload).filter(([key]) => key !== "time");
    const ordered = [subject, ["time", time], ...rest].filter((entry) => entry.length > 0);
    this.#server?.publish(watcherTopic(watcher, event), encodeJson(Object.fromEntries(ordered)));
  }
}
