/** What runs on some host and has standard streams, as a client has it: a process, or a container. */
import type { Schema } from "../../wire/circuit/values.js";
import { inputOf, outputOf, sendInput, type InputOptions, type OutputOptions } from "../pipes.js";
import { understood, type CallOptions, type ScrubOptions, type Seat } from "../place.js";
import type { Chunk, Source } from "../source.js";

export interface RunningKind<S> {
  /** Such as `the process`. */
  readonly what: string;
  readonly schema: Schema<S>;
}

export class Running<S> {
  readonly #seat: Seat;
  readonly #kind: RunningKind<S>;

  constructor(seat: Seat, kind: RunningKind<S>) {
    this.#seat = seat;
    this.#kind = kind;
  }

  /** Where it stands: `/X…/a/b`. */
  get path(): string {
    return this.#seat.place.path;
  }

  /** Waits until it has ended, whatever becomes of its streams. @throws CircuitError `scrubbed` when it is taken away */
  async wait(options?: CallOptions): Promise<S> {
    const what = `wait for ${this.#seat.named(this.#kind.what)}`;
    const { stat } = await this.#seat.place.ask({ what, method: "wait", params: this.#seat.at }, { deadline: null, ...options });
    return understood(stat, this.#kind.schema, what);
  }

  /** @param signal `TERM`, `SIGTERM`, `term` or 15 @throws CircuitError `process` when it has ended */
  async signal(signal: string | number, options?: CallOptions): Promise<void> {
    const what = `send ${signal} to ${this.#seat.named(this.#kind.what)}`;
    await this.#seat.place.ask({ what, method: "signal", params: { ...this.#seat.at, signal } }, options);
  }

  /** How it is now. */
  async peek(options?: CallOptions): Promise<S> {
    return this.#seat.peek(this.#kind.what, this.#kind.schema, options);
  }

  /** Writes to its standard input, which is closed at the end of the stream, unless `keep`. */
  stdin(options?: InputOptions): WritableStream<Chunk> {
    return inputOf(this.#seat, this.#kind.what, options);
  }

  /** Writes all of this to its standard input and closes it, unless `keep`. @example `await process.feed("yes\n")` */
  async feed(source: Source, options?: InputOptions): Promise<void> {
    await sendInput(this.#seat, this.#kind.what, { ...options, source });
  }

  /** Its output, from the first byte that nobody has taken. @example `for await (const chunk of process.stdout()) …` */
  stdout(options?: OutputOptions): ReadableStream<Uint8Array> {
    return outputOf(this.#seat, this.#kind.what, { ...options, stream: "stdout" });
  }

  /** As `stdout`. */
  stderr(options?: OutputOptions): ReadableStream<Uint8Array> {
    return outputOf(this.#seat, this.#kind.what, { ...options, stream: "stderr" });
  }

  /** Takes it from its anchor. @returns whether it was there */
  async scrub(options?: ScrubOptions): Promise<boolean> {
    return this.#seat.scrub(this.#kind.what, options);
  }
}
