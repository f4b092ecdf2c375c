/**
 * The stdin of a process: several callers may write, each part in order of arrival. One that ends its data closes it for all, unless
 * it was asked to keep it open; one that goes away before its end does not, as its data may be cut off.
 */
import type { IncomingCall } from "../../circuit/conversation.js";
import type { ProgramInput } from "../../core/circuit/process-port.js";
import type { ReadParams } from "../../wire/circuit/contract.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import { WaitingCalls } from "./process-calls.js";

export class ProcessInput {
  readonly #pipe: ProgramInput;
  /** Such as `process 12`, for messages. */
  readonly #owner: string;
  /** Those that wait for their caller, and those that wait for the process. */
  readonly #listening = new WaitingCalls();
  readonly #writing = new WaitingCalls();
  #closed: CircuitError | null = null;

  constructor(pipe: ProgramInput, owner: string) {
    this.#pipe = pipe;
    this.#owner = owner;
  }

  /** @throws CircuitError `closed` where nobody reads any more what there is to write, and when that happens while the caller thinks */
  async serve(call: IncomingCall, { keep = false }: ReadParams<"stdin">): Promise<Record<string, never>> {
    const parts = call.parts()[Symbol.asyncIterator]();
    if (this.#closed !== null) {
      // To close what is closed is no mistake: a process that needs no input may have ended before.
      const first = await parts.next();
      if (first.done === true) return {};
      throw this.#closed;
    }
    for (;;) {
      this.#checkOpen();
      const next = await this.#listening.until(parts.next(), call.signal);
      if (next.done === true) break;
      await this.#write(call, next.value.body);
    }
    if (!keep) this.#end("it was closed by a writer");
    return {};
  }

  /** The process has ended: whoever writes is told so. */
  ended(): void {
    const finished = this.#reason("it has finished");
    // Of two reasons this is the one that says most to those who come later.
    if (this.#closed?.code !== "scrubbed") this.#closed = finished;
    this.#pipe.close();
    this.#listening.fail(finished);
    this.#writing.fail(finished);
  }

  /** The element is gone: what was written before still reaches the process, and then the end of its input. */
  scrub(error: CircuitError): void {
    this.#closed ??= error;
    this.#pipe.end();
    this.#listening.fail(error);
    this.#writing.fail(error);
  }

  async #write(call: IncomingCall, bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    if (await this.#writing.until(this.#pipe.write(bytes), call.signal)) return;
    this.#close("it reads no more");
    throw this.#closed ?? this.#reason("it reads no more");
  }

  #checkOpen(): void {
    if (this.#closed !== null) throw this.#closed;
  }

  #end(why: string): void {
    this.#pipe.end();
    this.#close(why);
  }

  #close(why: string): void {
    this.#closed ??= this.#reason(why);
    this.#listening.fail(this.#closed);
  }

  #reason(why: string): CircuitError {
    return new CircuitError("closed", `Cannot write to stdin of ${this.#owner}: ${why}`);
  }
}
