/** Who is known to have gone for good, so that the hearsay of those who do not know it yet is not followed. */
import type { WorkerId } from "../../core/circuit/member.js";
import type { Clock, Millis } from "../../core/ports.js";

/** After that nobody can still see the one who went: what is said of it then is about something that came to be anew. */
const LASTING: Millis = 60_000;
const MOST = 1000;

export class Tombstones {
  readonly #clock: Pick<Clock, "now">;
  readonly #since = new Map<WorkerId, Millis>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  put(worker: WorkerId): void {
    this.#since.delete(worker);
    this.#since.set(worker, this.#clock.now());
    // The first of a Map is the oldest.
    for (const [oldest, since] of this.#since) {
      if (this.#since.size <= MOST && this.#clock.now() - since < LASTING) return;
      this.#since.delete(oldest);
    }
  }

  /** It has spoken for itself. */
  remove(worker: WorkerId): void {
    this.#since.delete(worker);
  }

  has(worker: WorkerId): boolean {
    const since = this.#since.get(worker);
    return since !== undefined && this.#clock.now() - since < LASTING;
  }
}
