/** Events of watchers, as they go out on the PUB socket: topic, payload, time. */
import type { Clock } from "../core/ports.js";
import type { WatcherEvent } from "../core/topics.js";
import { watcherTopic } from "../core/topics.js";
import type { EventServer } from "../wire/transport.js";

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

  /**
   * Publishes with the present time unless the payload brings its own.
   * @example `publisher.publish("web", "spawn", { process_pid: 4711 })`
   */
  publish(watcher: string, event: WatcherEvent, payload: Readonly<Record<string, unknown>> = {}): void {
    this.#server?.publish(watcherTopic(watcher, event), JSON.stringify({ ...payload, time: payload["time"] ?? this.#clock.epoch() }));
  }
}
