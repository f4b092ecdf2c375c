/**
 * Counts the deaths of one watcher's processes and decides when they are too many. The time for which circusd holds back
 * the successor of a process that died young does not count: else deaths that it has already slowed down would seem rare.
 */

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
  /** When the last one died, until it has a successor. */
  #vacant: number | null = null;
  /** Seconds for which successors were held back. */
  #held = 0;

  /** A process has started. @param time seconds of the clock that tells of deaths too */
  replaced(time: number): void {
    if (this.#vacant !== null) this.#held += Math.max(0, time - this.#vacant);
    this.#vacant = null;
  }

  /** Nobody who died is replaced any more. */
  left(): void {
    this.#vacant = null;
  }

  /** A process has died. */
  add(time: number, { attempts, window, maxRetry }: Rules): Verdict {
    this.#vacant = time;
    const at = time - this.#held;
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
