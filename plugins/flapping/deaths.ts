/** Counts the deaths of one watcher's processes and decides when they are too many. */

export interface Rules {
  readonly active: boolean;
  /** As many deaths within the window are flapping. */
  readonly attempts: number;
  /** Seconds. */
  readonly window: number;
  /** Seconds to wait before the next try. */
  readonly retryIn: number;
  /** Tries until it is given up; -1 is without limit. */
  readonly maxRetry: number;
}

export type Verdict =
  | { readonly kind: "bearable" }
  /** `attempt` counts from 1. */
  | { readonly kind: "retry"; readonly attempt: number }
  | { readonly kind: "give up" };

export class Deaths {
  #times: readonly number[] = [];
  #tries = 0;

  /** @param at seconds, of any clock that is not set back */
  add(at: number, { attempts, window, maxRetry }: Rules): Verdict {
    this.#times = [...this.#times, at].slice(-attempts);
    const [first = at] = this.#times;
    if (this.#times.length < attempts) return { kind: "bearable" };
    if (at - first > window) {
      // It has lived long enough to begin anew.
      this.#tries = 0;
      return { kind: "bearable" };
    }
    this.#times = [];
    if (maxRetry >= 0 && this.#tries >= maxRetry) {
      this.#tries = 0;
      return { kind: "give up" };
    }
    this.#tries += 1;
    return { kind: "retry", attempt: this.#tries };
  }
}
