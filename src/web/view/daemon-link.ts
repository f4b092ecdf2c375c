/**
 * The connections to one daemon: for commands, events and figures. It asks from time to time whether the daemon still
 * answers, and goes on asking until it does again.
 */
import { CircusClient } from "../../client/call.js";
import { CallTimeout } from "../../client/errors.js";
import { subscribeFigures } from "../../client/figures.js";
import { subscribe } from "../../client/listen.js";
import { findPublishers } from "../../client/publishers.js";
import type { Clock } from "../../core/ports.js";
import type { CircusEvent } from "../../wire/event.js";
import type { StatFrame } from "../../wire/stats.js";
import type { Transport } from "../../wire/transport.js";
import { ANSWER_TIME } from "./look.js";

export interface LinkParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly endpoint: string;
  /** Makes an endpoint of the daemon's host reachable: itself, or the end of a tunnel. */
  readonly reach: (endpoint: string) => Promise<string>;
}

/** What the link tells. A callback that rejects loses the daemon. */
export interface LinkListener {
  /** The daemon answers, for the first time or again. */
  found(client: CircusClient): Promise<void>;
  /** It still answers. */
  look(client: CircusClient): Promise<void>;
  lost(reason: string): void;
  event(event: CircusEvent): void;
  figure(frame: StatFrame): void;
  /** Whether a figure is worth decoding. */
  wants(topic: string): boolean;
  /** Whether anybody is waiting for news. */
  watched(): boolean;
}

/** Milliseconds between two looks at the daemon: while somebody watches, while nobody does, while it is silent. */
const WATCHED_PAUSE = 2_000;
const UNWATCHED_PAUSE = 10_000;
const SILENT_PAUSE = 1_000;

interface Source<T> extends AsyncIterable<T> {
  close(): void;
}

export class DaemonLink {
  /** Settles when it is known for the first time whether the daemon answers. */
  readonly asked: Promise<void>;
  readonly #parts: LinkParts;
  readonly #listener: LinkListener;
  readonly #ended: Promise<void>;
  readonly #sources = new Map<"events" | "figures", { readonly endpoint: string; close(): void }>();
  #client: CircusClient | null = null;
  #up = false;
  #reason: string | null = null;
  #closed = false;
  #hurry: () => void = () => undefined;

  constructor(parts: LinkParts, listener: LinkListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.asked = this.#beat();
    this.#ended = this.asked.then(() => this.#live());
  }

  get up(): boolean {
    return this.#up;
  }

  /** Why the daemon does not answer; null where it does. */
  get reason(): string | null {
    return this.#reason;
  }

  /**
   * The connection for commands.
   * @throws Error while the daemon does not answer, so that no command waits for its return
   */
  async connection(): Promise<CircusClient> {
    await this.asked;
    if (!this.#up) throw new Error(this.#reason ?? `No answer from "${this.#parts.endpoint}"`);
    return this.#connect();
  }

  /** Looks at the daemon now, as somebody came to watch. */
  hurry(): void {
    this.#hurry();
  }

  /** Work with the daemon that others began has failed. */
  lose(cause: unknown): void {
    if (this.#closed) return;
    const reason = cause instanceof CallTimeout ? `No answer from "${this.#parts.endpoint}" within ${cause.seconds} s` : messageOf(cause);
    const news = this.#up || this.#reason !== reason;
    this.#up = false;
    this.#reason = reason;
    // A command that still waits in the connection must not be carried out when the daemon comes back.
    const client = this.#client;
    this.#client = null;
    void client?.close();
    if (news) this.#listener.lost(reason);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const source of this.#sources.values()) source.close();
    this.#hurry();
    await this.#client?.close();
    await this.#ended;
  }

  async #live(): Promise<void> {
    while (!this.#closed) {
      await this.#pause();
      if (!this.#closed) await this.#beat();
    }
  }

  async #beat(): Promise<void> {
    try {
      const client = await this.#connect();
      await this.#subscribe(client);
      if (this.#up) return await this.#listener.look(client);
      await this.#listener.found(client);
      this.#reason = null;
      this.#up = true;
    } catch (cause) {
      this.lose(cause);
    }
  }

  #pause(): Promise<void> {
    const length = this.#up ? (this.#listener.watched() ? WATCHED_PAUSE : UNWATCHED_PAUSE) : SILENT_PAUSE;
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(length, resolve);
      this.#hurry = () => {
        cancel();
        resolve();
      };
    });
  }

  async #connect(): Promise<CircusClient> {
    const { transport, clock, reach, endpoint: asked } = this.#parts;
    const endpoint = await reach(asked);
    if (this.#client?.endpoint === endpoint) return this.#client;
    const former = this.#client;
    const client = new CircusClient({ transport, endpoint, timer: clock });
    this.#client = client;
    await former?.close();
    return client;
  }

  async #subscribe(client: CircusClient): Promise<void> {
    const { transport, endpoint: asked } = this.#parts;
    const { events, figures } = await findPublishers(client, { timeout: ANSWER_TIME }, asked);
    await this.#hear("events", events, (endpoint) => {
      const source = subscribe({ transport, endpoint });
      return { source, read: drain(source, (event) => this.#listener.event(event)) };
    });
    await this.#hear("figures", figures, (endpoint) => {
      const source = subscribeFigures({ transport, endpoint, wants: (topic) => this.#listener.wants(topic) });
      return { source, read: drain(source, (frame) => this.#listener.figure(frame)) };
    });
  }

  /** Subscribes where that was not done yet, or is done elsewhere now. */
  async #hear(
    kind: "events" | "figures",
    told: string | null,
    open: (endpoint: string) => { readonly source: { close(): void }; readonly read: Promise<void> },
  ): Promise<void> {
    const endpoint = told === null ? null : await this.#parts.reach(told);
    const former = this.#sources.get(kind);
    if (former?.endpoint === endpoint) return;
    former?.close();
    this.#sources.delete(kind);
    if (endpoint === null || this.#closed) return;
    const { source, read } = open(endpoint);
    this.#sources.set(kind, { endpoint, close: () => source.close() });
    void read.catch((cause: unknown) => this.lose(cause));
  }
}

async function drain<T>(source: Source<T>, hear: (item: T) => void): Promise<void> {
  for await (const item of source) hear(item);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
