/** A process on some host, as a client has it. */
import { processStatSchema, type ProcessStat } from "../../wire/circuit/contract.js";
import { inputOf, outputOf, sendInput, type InputOptions, type OutputOptions } from "../pipes.js";
import { understood, type CallOptions, type ScrubOptions, type Seat } from "../place.js";
import type { Chunk, Source } from "../source.js";

const WHAT = "the process";

/** Made by `anchor.makeProc()`, or got by `anchor.get()`. */
export class Process {
  readonly kind = "process";
  readonly #seat: Seat;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** Where it stands: `/X…/a/b`. */
  get path(): string {
    return this.#seat.place.path;
  }

  /** Waits until the process has ended, whatever becomes of its streams. @throws CircuitError `scrubbed` when it is taken away */
  async wait(options?: CallOptions): Promise<ProcessStat> {
    const what = `wait for ${this.#seat.named(WHAT)}`;
    const { stat } = await this.#seat.place.ask({ what, method: "wait", params: this.#seat.at }, { deadline: null, ...options });
    return understood(stat, processStatSchema, what);
  }

  /** @param signal `TERM`, `SIGTERM`, `term` or 15 @throws CircuitError `process` when it has ended */
  async signal(signal: string | number, options?: CallOptions): Promise<void> {
    const what = `send ${signal} to ${this.#seat.named(WHAT)}`;
    await this.#seat.place.ask({ what, method: "signal", params: { ...this.#seat.at, signal } }, options);
  }

  /** How it is now. */
  async peek(options?: CallOptions): Promise<ProcessStat> {
    return this.#seat.peek(WHAT, processStatSchema, options);
  }

  /** Writes to its standard input, which is closed at the end of the stream, unless `keep`. */
  stdin(options?: InputOptions): WritableStream<Chunk> {
    return inputOf(this.#seat, WHAT, options);
  }

  /** Writes all of this to its standard input and closes it, unless `keep`. @example `await process.feed("yes\n")` */
  async feed(source: Source, options?: InputOptions): Promise<void> {
    await sendInput(this.#seat, WHAT, { ...options, source });
  }

  /** Its output, from the first byte that nobody has taken. @example `for await (const chunk of process.stdout()) …` */
  stdout(options?: OutputOptions): ReadableStream<Uint8Array> {
    return outputOf(this.#seat, WHAT, { ...options, stream: "stdout" });
  }

  /** As `stdout`. */
  stderr(options?: OutputOptions): ReadableStream<Uint8Array> {
    return outputOf(this.#seat, WHAT, { ...options, stream: "stderr" });
  }

  /** Takes it from its anchor. @returns whether it was there */
  async scrub(options?: ScrubOptions): Promise<boolean> {
    return this.#seat.scrub(WHAT, options);
  }
}
