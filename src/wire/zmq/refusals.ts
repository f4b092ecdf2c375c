/** Tells of those who were not let in, at most once a second for the same host. */

const PAUSE = 1000;
/** Hosts that are remembered; beyond it the oldest is forgotten. */
const MAX_HOSTS = 1000;

export class Refusals {
  readonly #tell: (message: string) => void;
  readonly #now: () => number;
  readonly #told = new Map<string, number>();

  /** @param now milliseconds of a clock that is never set back */
  constructor(tell: (message: string) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  /** @param host that it came from, or what stands for those of whom libzmq does not tell it */
  tell(host: string, message: string): void {
    const now = this.#now();
    const last = this.#told.get(host);
    if (last !== undefined && now - last < PAUSE) return;
    this.#told.delete(host);
    this.#told.set(host, now);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_HOSTS && oldest !== undefined) this.#told.delete(oldest);
    this.#tell(message);
  }
}
