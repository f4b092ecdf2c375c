/** One page that listens: which daemon it has open, which watcher it looks at, whose output it follows. */
import type { Cancel, Clock } from "../../core/ports.js";
import type { ClientMessage, ServerMessage } from "../api.js";
import type { Told } from "../view/audience.js";
import type { DaemonView } from "../view/daemon-view.js";
import { follow } from "./follow.js";
import { readClientMessage } from "./message.js";
import { Outbox, type Channel } from "./outbox.js";

/** Reasons for an end, as WebSocket has them. */
export const CLOSE = { goingAway: 1001, unsupported: 1003, policy: 1008, internal: 1011, tryLater: 1013 } as const;

export interface Peer extends Channel {
  close(code: number, reason: string): void;
}

export interface ConnectionParts {
  readonly peer: Peer;
  readonly clock: Clock;
  readonly daemons: ReadonlyMap<string, DaemonView>;
}

/** Follows of one page at a time. */
export const MOST_FOLLOWS = 8;

export class FeedConnection {
  readonly #parts: ConnectionParts;
  readonly #outbox: Outbox;
  readonly #follows = new Map<number, AbortController>();
  #open: { readonly view: DaemonView; readonly unwatch: Cancel } | null = null;
  #looking: { readonly name: string; readonly stop: Cancel | null } | null = null;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#outbox = new Outbox({ channel: parts.peer, now: () => parts.clock.now(), anew: () => this.#open?.view.greeting() ?? [] });
  }

  /** Milliseconds for which the page has read nothing of what waits for it. */
  get stuck(): number {
    return this.#outbox.stuck;
  }

  /** A text frame came. */
  receive(text: string): void {
    const message = readClientMessage(text);
    if (message.ok) this.#obey(message.value);
    else this.#parts.peer.close(CLOSE.policy, `Cannot read the message: ${message.failure}`);
  }

  /** The page is gone. */
  end(): void {
    this.#leave();
  }

  #obey(message: ClientMessage): void {
    switch (message.type) {
      case "open":
        return this.#enter(message.daemon);
      case "look":
        return this.#look(message.name);
      case "follow":
        return this.#follow(message);
      case "unfollow":
        this.#follows.get(message.id)?.abort();
        this.#follows.delete(message.id);
    }
  }

  #enter(daemon: string): void {
    const view = this.#parts.daemons.get(daemon);
    if (view === undefined) return this.#parts.peer.close(CLOSE.policy, "There is no such daemon");
    this.#leave();
    this.#open = { view, unwatch: view.watch((told) => this.#hear(told)) };
  }

  #leave(): void {
    for (const controller of this.#follows.values()) controller.abort();
    this.#follows.clear();
    this.#look(null);
    this.#open?.unwatch();
    this.#open = null;
  }

  #look(name: string | null): void {
    this.#looking?.stop?.();
    this.#looking = name === null ? null : { name, stop: this.#open?.view.lookAt(name) ?? null };
  }

  #hear(told: Told): void {
    if (told.type !== "processes" || told.name === this.#looking?.name) this.#outbox.put(told);
  }

  #follow(wanted: Extract<ClientMessage, { type: "follow" }>): void {
    const send = (message: ServerMessage): void => this.#outbox.send(JSON.stringify(message));
    const view = this.#open?.view;
    if (view === undefined) return send({ type: "problem", id: wanted.id, message: "No daemon is opened" });
    this.#follows.get(wanted.id)?.abort();
    if (!this.#follows.has(wanted.id) && this.#follows.size >= MOST_FOLLOWS) {
      return send({ type: "problem", id: wanted.id, message: `More than ${MOST_FOLLOWS} outputs cannot be followed at a time` });
    }
    const controller = new AbortController();
    this.#follows.set(wanted.id, controller);
    const room = (signal: AbortSignal): Promise<void> => this.#outbox.room(signal);
    const parts = { clock: this.#parts.clock, connection: () => view.connection(), send, room };
    void follow(wanted, parts, controller.signal).then(() => {
      if (this.#follows.get(wanted.id) === controller) this.#follows.delete(wanted.id);
    });
  }
}
