/** The two endpoints that the arbiter itself binds: control and events. */
import type { ArbiterSpec } from "../core/spec.js";
import type { ControlServer, EventServer, Transport } from "../wire/transport.js";
import type { Controller } from "./controller.js";
import type { ArbiterParts } from "./parts.js";
import type { Publisher } from "./publisher.js";

/** Bytes of the largest request: a whole watcher with a large environment fits many times. */
const MAX_FRAME = 1024 * 1024;

type Wanted = Pick<ArbiterSpec, "endpoint" | "pubsubEndpoint" | "endpointOwner">;

/** Endpoints that are bound already for a move; null where one stays, or waits for one of ours to be closed. */
export interface EndpointMove {
  readonly wanted: Wanted;
  readonly control: ControlServer | null;
  readonly events: EventServer | null;
}

type GiveTo = ArbiterParts["giveTo"];

const IPC = "ipc://";

export class Endpoints {
  readonly #transport: Transport;
  readonly #giveTo: GiveTo;
  readonly #publisher: Publisher;
  readonly #controller: Controller;
  #control: { readonly wanted: string; readonly server: ControlServer } | null = null;
  #events: { readonly wanted: string; readonly server: EventServer } | null = null;

  constructor(
    { transport, giveTo }: { readonly transport: Transport; readonly giveTo: GiveTo },
    publisher: Publisher,
    controller: Controller,
  ) {
    this.#transport = transport;
    this.#giveTo = giveTo;
    this.#publisher = publisher;
    this.#controller = controller;
  }

  /** Binds beside the present endpoints. @throws Error with what was attempted and why it failed; nothing has changed then */
  async prepare(wanted: Wanted): Promise<EndpointMove> {
    const events = this.#isOurs(wanted.pubsubEndpoint) ? null : await this.#transport.publish(wanted.pubsubEndpoint);
    try {
      return { wanted, events, control: this.#isOurs(wanted.endpoint) ? null : await this.#serve(wanted.endpoint) };
    } catch (cause) {
      await events?.close();
      throw cause;
    }
  }

  /** Closes those that are to be elsewhere and takes over the others. @throws Error where one cannot be bound in its place */
  async move({ wanted, control, events }: EndpointMove): Promise<void> {
    if (this.#control?.wanted !== wanted.endpoint) await this.#closeControl();
    if (this.#events?.wanted !== wanted.pubsubEndpoint) await this.#closeEvents();
    if (events !== null) this.#events = { wanted: wanted.pubsubEndpoint, server: events };
    if (control !== null) this.#control = { wanted: wanted.endpoint, server: control };
    this.#events ??= { wanted: wanted.pubsubEndpoint, server: await this.#transport.publish(wanted.pubsubEndpoint) };
    this.#publisher.attach(this.#events.server);
    this.#control ??= { wanted: wanted.endpoint, server: await this.#serve(wanted.endpoint) };
    for (const endpoint of [wanted.endpoint, wanted.pubsubEndpoint]) await this.#own(endpoint, wanted.endpointOwner);
  }

  /** Closes what was bound for a move and was not taken over. */
  async discard({ control, events }: EndpointMove): Promise<void> {
    if (control !== null && this.#control?.server !== control) await control.close();
    if (events !== null && this.#events?.server !== events) await events.close();
  }

  #serve(endpoint: string): Promise<ControlServer> {
    return this.#transport.serve(endpoint, { maxFrame: MAX_FRAME }, (incoming) => {
      this.#controller.take(incoming);
    });
  }

  /** Whether one of our endpoints has that address, or at least its port. */
  #isOurs(endpoint: string): boolean {
    return [this.#control, this.#events].some((own) => own?.wanted === endpoint || (own !== null && samePort(own.wanted, endpoint)));
  }

  async #own(endpoint: string, owner: string | null): Promise<void> {
    if (owner === null || !endpoint.startsWith(IPC)) return;
    const given = await this.#giveTo(endpoint.slice(IPC.length), owner);
    if (!given.ok) throw new Error(given.failure);
  }

  async close(): Promise<void> {
    await this.#closeControl();
    await this.#closeEvents();
  }

  async #closeControl(): Promise<void> {
    const control = this.#control;
    this.#control = null;
    await control?.server.close();
  }

  async #closeEvents(): Promise<void> {
    const events = this.#events;
    this.#events = null;
    this.#publisher.attach(null);
    await events?.server.close();
  }
}

function samePort(one: string, other: string): boolean {
  const port = /^tcp:.*:(\d+)$/.exec(one)?.[1];
  return port !== undefined && other.startsWith("tcp:") && other.endsWith(`:${port}`);
}
