/** The two endpoints that the arbiter itself binds: control and events. */
import type { ArbiterSpec } from "../core/spec.js";
import type { ControlServer, EventServer, Transport } from "../wire/transport.js";
import type { Controller } from "./controller.js";
import type { ArbiterParts } from "./parts.js";
import type { Publisher } from "./publisher.js";

/** Bytes of the largest request: a whole watcher with a large environment fits many times. */
const MAX_FRAME = 1024 * 1024;

type Wanted = Pick<ArbiterSpec, "endpoint" | "pubsubEndpoint" | "endpointOwner">;
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

  /** Binds what is not bound yet. @throws Error with what was attempted and why it failed */
  async open(wanted: Wanted): Promise<void> {
    this.#events ??= { wanted: wanted.pubsubEndpoint, server: await this.#transport.publish(wanted.pubsubEndpoint) };
    this.#publisher.attach(this.#events.server);
    this.#control ??= {
      wanted: wanted.endpoint,
      server: await this.#transport.serve(wanted.endpoint, { maxFrame: MAX_FRAME }, (incoming) => {
        this.#controller.take(incoming);
      }),
    };
    for (const endpoint of [wanted.endpoint, wanted.pubsubEndpoint]) await this.#own(endpoint, wanted.endpointOwner);
  }

  async #own(endpoint: string, owner: string | null): Promise<void> {
    if (owner === null || !endpoint.startsWith(IPC)) return;
    const given = await this.#giveTo(endpoint.slice(IPC.length), owner);
    if (!given.ok) throw new Error(given.failure);
  }

  /** Closes those that are to be elsewhere. */
  async closeUnless(wanted: Wanted): Promise<void> {
    if (this.#control?.wanted !== wanted.endpoint) await this.#closeControl();
    if (this.#events?.wanted !== wanted.pubsubEndpoint) await this.#closeEvents();
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
