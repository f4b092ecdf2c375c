/** Work on the whole arbiter, as a restart or a reload of the configuration: one at a time, by its name in Circus. */
import type { Clock, Millis } from "../core/ports.js";
import { CommandError, ERRNO } from "../wire/contract.js";

export class ExclusiveWork {
  readonly #clock: Pick<Clock, "after">;
  #name: string | null = null;
  /** Never rejects. */
  #done: Promise<void> = Promise.resolve();

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** What is under way; null where nothing is. */
  get name(): string | null {
    return this.#name;
  }

  /** @throws CommandError where other work is under way, and what the work itself fails with */
  async run(name: string, work: () => Promise<void>): Promise<void> {
    if (this.#name !== null) throw new CommandError(`arbiter is already running ${this.#name} command`, ERRNO.conflict);
    this.#name = name;
    const done = work().finally(() => {
      this.#name = null;
    });
    this.#done = done.catch(() => undefined);
    await done;
  }

  /** Work that turns out to be other work goes on under that name. */
  become(name: string): void {
    this.#name = name;
  }

  /** Resolves when nothing is under way, or when the time is over. */
  async end(patience: Millis): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(patience, resolve);
      void this.#done.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
