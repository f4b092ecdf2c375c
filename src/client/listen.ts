/** Listens to the events of a daemon, ours or a Python Circus. */
import { decodeEvent, type CircusEvent } from "../wire/event.js";
import type { Transport } from "../wire/transport.js";

export interface SubscribeOptions {
  readonly transport: Transport;
  /** The daemon's `pubsub_endpoint`. */
  readonly endpoint: string;
  /** Prefixes of topics, such as `watcher.web.`. @default all */
  readonly topics?: readonly string[];
}

/** Events as they come, until it is closed or the loop is left. What happened before the connection stood is lost. */
export interface Events extends AsyncIterable<CircusEvent>, Disposable {
  close(): void;
}

/**
 * Subscribes; the connection comes back by itself when the daemon does.
 * @throws Error when the endpoint is none.
 * @example `for await (const { topic, payload } of subscribe({ transport, endpoint })) console.log(topic, payload);`
 */
export function subscribe({ transport, endpoint, topics = [""] }: SubscribeOptions): Events {
  const connection = transport.subscribe(endpoint, topics);
  const close = (): void => connection.close();
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (const { topic, body } of connection) {
          const event = decodeEvent(topic, body);
          if (event !== null) yield event;
        }
      } finally {
        close();
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}
