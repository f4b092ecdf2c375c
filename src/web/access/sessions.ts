/** Who is logged in, kept in memory: what a browser holds is a random number and nothing else. */
import { createHash, randomBytes } from "node:crypto";
import type { Millis } from "../../core/ports.js";
import type { User } from "./accounts.js";

/** Milliseconds: twelve hours. */
export const LIFETIME = 12 * 60 * 60 * 1000;

/** Beyond this, the oldest session ends. */
export const MOST_SESSIONS = 1_000;

interface Session {
  readonly user: User;
  readonly expires: Millis;
}

export class Sessions {
  /** By hash, so that neither the store nor how long it takes to look something up in it tells what ids there are. */
  readonly #sessions = new Map<string, Session>();
  readonly #now: () => Millis;

  constructor(now: () => Millis) {
    this.#now = now;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @returns the id for the browser: 256 random bits */
  begin(user: User): string {
    this.#sweep();
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(keyOf(id), { user, expires: this.#now() + LIFETIME });
    return id;
  }

  /** As they were when they logged in. */
  find(id: string): User | null {
    const session = this.#sessions.get(keyOf(id));
    return session !== undefined && session.expires > this.#now() ? session.user : null;
  }

  end(id: string): void {
    this.#sessions.delete(keyOf(id));
  }

  /** They stand in the order in which they began, and so in that in which they end. */
  #sweep(): void {
    for (const [key, { expires }] of this.#sessions) {
      if (expires > this.#now() && this.#sessions.size < MOST_SESSIONS) return;
      this.#sessions.delete(key);
    }
  }
}

function keyOf(id: string): string {
  return createHash("sha256").update(id).digest("base64");
}
