/** Lets so many notices through in so many seconds, counts the others, and sums them up when the time is over. */
import type { Notice } from "./notice.js";

export interface Rate {
  /** 0 lets everything through. */
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

export class RateLimit {
  readonly #rate: Rate;
  /** When the present window began, in seconds since the epoch; null before the first notice. */
  #since: number | null = null;
  #passed = 0;
  #held = 0;
  readonly #kinds = new Map<string, number>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** @returns whether it may be told; otherwise it is counted for the summary */
  admit({ event, watcher }: Notice, now: number): boolean {
    const { limit, window } = this.#rate;
    if (limit === 0) return true;
    // What is held back has to be summed up first. A clock that was set back begins a window anew.
    if (this.#since === null || (!this.holds && (now >= this.#since + window || now < this.#since))) this.#begin(now);
    if (this.#passed < limit) {
      this.#passed += 1;
      return true;
    }
    this.#held += 1;
    const kind = `${event} of ${watcher}`;
    if (this.#kinds.has(kind) || this.#kinds.size < MAX_KINDS) this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    return false;
  }

  /** Whether something waits for a summary. */
  get holds(): boolean {
    return this.#held > 0;
  }

  /** Seconds until the window ends. */
  remaining(now: number): number {
    return Math.max(0, Math.min(this.#rate.window, (this.#since ?? now) + this.#rate.window - now));
  }

  /** What was held back, as one notice that opens a new window and counts in it; null where nothing was. */
  summary(now: number): Notice | null {
    if (this.#held === 0) return null;
    const kinds = [...this.#kinds].sort(([, one], [, other]) => other - one).map(([kind, count]) => `${count} × ${kind}`);
    const message = `${this.#held} more within ${this.#rate.window} s: ${kinds.slice(0, SHOWN).join(", ")}${kinds.length > SHOWN ? ", …" : ""}`;
    const notice: Notice = { event: "summary", watcher: "", pid: null, exitCode: null, time: now, message, held: this.#held };
    this.#begin(now);
    this.#passed = 1;
    return notice;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#passed = 0;
    this.#held = 0;
    this.#kinds.clear();
  }
}

/** Kinds of notices that are counted apart, and that are shown. */
const MAX_KINDS = 100;
const SHOWN = 5;
