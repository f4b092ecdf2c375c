/** The read end of a program's stdout or stderr, which may be left alone for a moment. */
import type { ProgramOutput } from "../core/circuit/process-port.js";
import type { Cancel, Clock } from "../core/ports.js";
import type { Source } from "./streams/source.js";

/** Milliseconds; with a pipe of a mebibyte a program writes 100 MB/s meanwhile, which is more than anybody writes for nobody. */
const REST = 10;

export class PipeOutput implements ProgramOutput {
  readonly #source: Pick<Source, "pause" | "resume" | "poll">;
  readonly #clock: Pick<Clock, "after">;
  #cancelRest: Cancel | null = null;
  #isPaused = false;

  constructor(source: Pick<Source, "pause" | "resume" | "poll">, clock: Pick<Clock, "after">) {
    this.#source = source;
    this.#clock = clock;
  }

  pause(): void {
    this.#isPaused = true;
    this.#source.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#cancelRest === null) this.#source.resume();
  }

  poll(limit: number): void {
    this.#source.poll(limit);
  }

  rest(): void {
    if (this.#cancelRest !== null) return;
    this.#source.pause();
    this.#cancelRest = this.#clock.after(REST, () => {
      this.#cancelRest = null;
      if (!this.#isPaused) this.#source.resume();
    });
  }

  /** Nothing comes any more. */
  ended(): void {
    this.#cancelRest?.();
    this.#cancelRest = null;
  }
}
