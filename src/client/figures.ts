/** Listens to the figures that circusd-stats publishes, ours or Circus's. */
import { decodeStat, type StatFrame } from "../wire/stats.js";
import type { Transport } from "../wire/transport.js";

export interface FiguresOptions {
  readonly transport: Transport;
  /** The daemon's `stats_endpoint`. */
  readonly endpoint: string;
  /** Prefixes of topics, such as `stat.web.`. @default all figures */
  readonly topics?: readonly string[];
  /** Asked before a message is decoded, so that what nobody looks at costs next to nothing. @default all are wanted */
  readonly wants?: (topic: string) => boolean;
}

/** Figures as they come, once a second for each process, until it is closed or the loop is left. */
export interface Figures extends AsyncIterable<StatFrame>, Disposable {
  close(): void;
}

/**
 * Subscribes; the connection comes back by itself when circusd-stats does.
 * @throws Error when the endpoint is none.
 * @example `for await (const frame of subscribeFigures({ transport, endpoint: "tcp://127.0.0.1:5557" })) console.log(frame.stats);`
 */
export function subscribeFigures({ transport, endpoint, topics = ["stat."], wants = () => true }: FiguresOptions): Figures {
  const connection = transport.subscribe(endpoint, topics);
  const close = (): void => connection.close();
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (const { topic, body } of connection) {
          const frame = wants(topic) ? decodeStat(topic, body) : null;
          if (frame !== null) yield frame;
        }
      } finally {
        close();
      }
    },
    close,
    [Symbol.dispose]: close,
  };
}
