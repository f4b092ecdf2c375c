/**
 * Slows down who guesses passwords: a few wrong ones from one address shut it out for a while, and all passwords of all
 * addresses are tried one after the other, each wrong one with a pause behind it.
 */
import type { Clock, Millis } from "../../core/ports.js";

export const MOST_WRONG = 10;

/** Milliseconds for which a wrong password counts. */
export const MEMORY = 5 * 60 * 1000;

/** Milliseconds that a wrong password costs everybody. */
export const PENALTY = 500;

/** Passwords that wait to be tried. */
export const MOST_WAITING = 20;

/** Addresses that are remembered; the one that was wrong longest ago is forgotten first. */
const MOST_ADDRESSES = 1_000;

export type Verdict = "right" | "wrong" | { readonly retryAfter: number };

export class LoginGate {
  readonly #clock: Clock;
  readonly #wrong = new Map<string, readonly Millis[]>();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has a password tried when its turn comes; `retryAfter` in seconds where it is not even looked at. */
  async try(address: string, check: () => Promise<boolean>): Promise<Verdict> {
    if (this.#waiting >= MOST_WAITING) return { retryAfter: Math.ceil((MOST_WAITING * PENALTY) / 1000) };
    this.#waiting += 1;
    const turn = this.#last.then(() => this.#check(address, check));
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #check(address: string, check: () => Promise<boolean>): Promise<Verdict> {
    const wrong = (this.#wrong.get(address) ?? []).filter((time) => time > this.#clock.now() - MEMORY);
    const [oldest] = wrong;
    if (oldest !== undefined && wrong.length >= MOST_WRONG) return { retryAfter: Math.ceil((oldest + MEMORY - this.#clock.now()) / 1000) };
    if (await check()) {
      this.#wrong.delete(address);
      return "right";
    }
    this.#remember(address, [...wrong, this.#clock.now()]);
    await new Promise<void>((resolve) => this.#clock.after(PENALTY, resolve));
    return "wrong";
  }

  #remember(address: string, wrong: readonly Millis[]): void {
    this.#wrong.delete(address);
    this.#wrong.set(address, wrong);
    const [longestAgo] = this.#wrong.keys();
    if (this.#wrong.size > MOST_ADDRESSES && longestAgo !== undefined) this.#wrong.delete(longestAgo);
  }
}
