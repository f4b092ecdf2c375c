/** Sends figures to a statsd over UDP, in the packets that Circus sends: one figure each, no tags. */
import { setTimeout } from "node:timers/promises";
import { StatsD } from "hot-shots";

export interface StatsdTarget {
  readonly host: string;
  readonly port: number;
  /** Put before every name, with a dot. */
  readonly prefix: string;
  /** Share of packets that are sent, above 0; statsd is told, and counts the others in. */
  readonly sampleRate: number;
}

/** Packets on their way: more can only wait for a name server that does not answer, and would pile up for ever. */
const MAX_IN_FLIGHT = 1000;
/** Milliseconds for which the end waits for packets on their way. */
const PATIENCE = 500;

/** Nobody is told of a packet that does not arrive: a statsd that is away must not be felt. */
export class StatsdClient {
  readonly #client: StatsD;
  #inFlight = 0;
  #drained: () => void = () => undefined;

  constructor({ host, port, prefix, sampleRate }: StatsdTarget) {
    // What Datadog's variables say in the environment would add tags to every packet.
    const plain = { includeDataDogTags: false, datadog: false, includeDatadogTelemetry: false };
    this.#client = new StatsD({ host, port, prefix: `${prefix}.`, sampleRate, protocol: "udp", closingFlushInterval: 1, ...plain });
  }

  increment(name: string): void {
    this.#send((sent) => this.#client.increment(name, 1, sent));
  }

  gauge(name: string, value: number): void {
    this.#send((sent) => this.#client.gauge(name, value, sent));
  }

  /** @param milliseconds a whole number, as statsd wants it */
  timed(name: string, milliseconds: number): void {
    this.#send((sent) => this.#client.timing(name, milliseconds, sent));
  }

  /** Resolves when what was sent is on its way, or will hardly ever be. */
  async close(): Promise<void> {
    if (this.#inFlight > 0) {
      const drained = new Promise<void>((resolve) => (this.#drained = resolve));
      await Promise.race([drained, setTimeout(PATIENCE)]);
    }
    // What still waits for a name server keeps no process alive, but would be complained of on the console.
    if (this.#inFlight === 0) await new Promise<void>((resolve) => this.#client.close(() => resolve()));
  }

  #send(send: (sent: () => void) => void): void {
    if (this.#inFlight >= MAX_IN_FLIGHT) return;
    this.#inFlight += 1;
    send(() => {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#drained();
    });
  }
}
