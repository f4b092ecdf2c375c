/**
 * Lets others in: everybody who connects says hello first and in time, and only so many may be inside. What somebody who
 * has said hello asks is answered elsewhere.
 */
import type { Clock, Log, Millis } from "../core/ports.js";
import { converse } from "../circuit/converse.js";
import type { Conversation, IncomingCall } from "../circuit/conversation.js";
import type { Link } from "../wire/circuit/link.js";

export interface Limits {
  /** Connections at once that others have made. */
  readonly links: number;
  /** Calls at once that one of them may have open. */
  readonly calls: number;
}

export const USUAL_LIMITS: Limits = { links: 2000, calls: 10_000 };

export type Role = "server" | "client";

export interface DoorOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  /** Carries out a call; resolves when it was answered. */
  readonly serve: (call: IncomingCall) => Promise<void>;
}

/** For hello to come. */
const PATIENCE: Millis = 5000;

export class Door {
  readonly #options: DoorOptions;
  /** Who has connected; null until it has said hello. */
  readonly #guests = new Map<Conversation, Role | null>();
  #isFull = false;
  #closed = false;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** What the other side of a conversation is; undefined where it did not come in here. */
  roleOf(conversation: Conversation): Role | null | undefined {
    return this.#guests.get(conversation);
  }

  /** Somebody has said hello. */
  welcome(conversation: Conversation, role: Role): void {
    if (this.#guests.has(conversation)) this.#guests.set(conversation, role);
  }

  enter(link: Link): void {
    const { clock, log, limits } = this.#options;
    if (this.#closed) return link.close("the server is ending");
    if (this.#guests.size >= limits.links) {
      if (!this.#isFull) log.warning(`Refusing "${link.peer}" and whoever comes after it: ${limits.links} connections stand already`);
      this.#isFull = true;
      return link.close(`the server has ${limits.links} connections already`);
    }
    const conversation = converse(link, { clock, log, limit: limits.calls, onCall: (call) => void this.#answer(call) });
    this.#guests.set(conversation, null);
    const cancel = clock.after(PATIENCE, () => {
      if (this.#guests.get(conversation) === null) this.#dismiss(conversation, `said no hello within ${PATIENCE / 1000} s`);
    });
    void conversation.ended.then(() => {
      cancel();
      this.#guests.delete(conversation);
      this.#isFull = false;
    });
  }

  /** Ends all connections, and lets nobody in any more. */
  close(reason: string): void {
    this.#closed = true;
    for (const conversation of [...this.#guests.keys()]) conversation.close(reason);
  }

  async #answer(call: IncomingCall): Promise<void> {
    const { conversation, method } = call;
    const isNew = (): boolean => (this.#guests.get(conversation) ?? null) === null;
    if (isNew() && method !== "hello") {
      call.fail("refused", `Say "hello" before "${method.slice(0, 100)}"`);
      return this.#dismiss(conversation, "did not say hello first");
    }
    await this.#options.serve(call);
    if (isNew()) this.#dismiss(conversation, "was refused at hello");
  }

  #dismiss(conversation: Conversation, why: string): void {
    if (conversation.end !== null) return;
    this.#options.log.info(`Closing the connection to "${conversation.peer}": it ${why}`);
    conversation.close(why);
  }
}
