/** Time limits of what plugins do. */

/** The longest delay that setTimeout takes, some 24 days in milliseconds; more would be over at once. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds, for setTimeout. */
export function delayOf(seconds: number): number {
  return Math.min(LONGEST, seconds * 1000);
}

/**
 * A signal that is aborted when some time is over, or when another signal is. It lets go of the other one at its end:
 * AbortSignal.any, which would do the same, leaves something behind at a signal that lives long, each time.
 * @example `using deadline = new Deadline(5, stopping); await fetch(url, { signal: deadline.signal });`
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #follow = (): void => this.#controller.abort(this.#parent.reason);

  /** @param parent hands on its reason */
  constructor(seconds: number, parent: AbortSignal) {
    this.#parent = parent;
    this.#timer = setTimeout(() => this.#controller.abort(new Error(`it took longer than ${seconds} s`)), delayOf(seconds));
    if (parent.aborted) this.#follow();
    else parent.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener("abort", this.#follow);
  }
}
