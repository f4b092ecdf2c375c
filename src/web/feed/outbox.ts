/**
 * What goes out to one page. A page that reads slowly never makes the server grow: figures are left out, of everything
 * else only the last state is sent once there is room again, and output is not even asked for.
 */
import type { Millis } from "../../core/ports.js";
import type { Told } from "../view/audience.js";

/** The socket as far as it is needed. */
export interface Channel {
  /** Bytes that were given to it and are not yet out. */
  readonly bufferedAmount: number;
  /** `sent` is called when the text is out, or can never be. */
  send(text: string, sent: () => void): void;
}

/** Bytes beyond which a page counts as slow, and below which there is room again. */
export const FULL = 256 * 1024;
const ROOM = FULL / 4;

export interface OutboxParts {
  readonly channel: Channel;
  readonly now: () => Millis;
  /** Everything as it is now, in place of what was left out. */
  readonly anew: () => readonly Told[];
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #waiting = new Set<() => void>();
  #behind = false;
  #fullSince: Millis | null = null;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Milliseconds for which there has been no room; 0 where there is. */
  get stuck(): Millis {
    return this.#fullSince === null ? 0 : this.#parts.now() - this.#fullSince;
  }

  /** A message that others follow, and that may be left out. */
  put({ type, text }: Told): void {
    if (this.#fullSince === null) this.send(text);
    // The next figures say it all; anything else is made good by the state.
    else if (type !== "figures" && type !== "processes") this.#behind = true;
  }

  /** A message that must come; whoever sends many waits for room between them. */
  send(text: string): void {
    this.#parts.channel.send(text, () => this.#sent());
    if (this.#parts.channel.bufferedAmount > FULL) this.#fullSince ??= this.#parts.now();
  }

  /** Resolves once there is room, or when the signal says that nobody waits any more. */
  async room(signal: AbortSignal): Promise<void> {
    if (this.#fullSince === null || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener("abort", done);
    });
  }

  #sent(): void {
    if (this.#fullSince === null || this.#parts.channel.bufferedAmount > ROOM) return;
    this.#fullSince = null;
    if (this.#behind) {
      this.#behind = false;
      for (const { text } of this.#parts.anew()) this.send(text);
    }
    if (this.#fullSince === null) for (const done of [...this.#waiting]) done();
  }
}
