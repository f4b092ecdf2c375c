/** A loop's pause between two rounds, which can be cut short. */
import type { Clock, Millis } from "../core/ports.js";

export class Sleeper {
  readonly #clock: Pick<Clock, "after">;
  #end: (() => void) | null = null;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** Resolves when the time is over or somebody wakes it. */
  async sleep(delay: Millis): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(delay, () => this.#end?.());
      this.#end = () => {
        this.#end = null;
        cancel();
        resolve();
      };
    });
  }

  wake(): void {
    this.#end?.();
  }
}
