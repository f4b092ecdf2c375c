/** A call that this side has opened, as its caller has it. */
import { readResult } from "../wire/circuit/answer.js";
import type { MethodName, MethodResult } from "../wire/circuit/contract.js";
import { CircuitError } from "../wire/circuit/errors.js";
import type { Part } from "../wire/circuit/packet.js";
import type { Aborts } from "./aborts.js";
import type { Call } from "./conversation.js";
import { Inflow } from "./inflow.js";
import type { Closing, Line, LineHandler } from "./line.js";
import { Outflow } from "./outflow.js";

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: CircuitError) => void;
}

export class OutgoingCall<M extends MethodName> implements Call<M>, LineHandler {
  readonly #line: Line;
  readonly #method: M;
  readonly #signal: AbortSignal | undefined;
  readonly #aborts: Aborts;
  readonly #in: Inflow;
  readonly #out: Outflow;
  #result: Promise<MethodResult<M>> | null = null;
  #settle: Settle<MethodResult<M>> | null = null;

  /** @param of with a signal that cancels it, and who listens to signals */
  constructor(line: Line, of: { readonly method: M; readonly signal: AbortSignal | undefined; readonly aborts: Aborts }) {
    this.#line = line;
    this.#method = of.method;
    this.#signal = of.signal;
    this.#in = new Inflow(line);
    this.#out = new Outflow(line);
    line.handOverTo(this);
    this.#aborts = of.aborts;
    if (of.signal !== undefined) of.aborts.add(of.signal, this.#abort);
  }

  /** Made when it is asked for, so that a call that nobody asks for its result does not end the program when it fails. */
  get result(): Promise<MethodResult<M>> {
    if (this.#result === null) {
      this.#result = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
      this.#result.catch(() => undefined);
      if (this.#line.closing !== null) this.#settleWith(this.#line.closing);
    }
    return this.#result;
  }

  send(part: Part): Promise<void> {
    return this.#out.send(part);
  }

  end(): void {
    this.#out.end();
  }

  parts(): AsyncIterable<Part> {
    return this.#in;
  }

  cancel(reason: string): void {
    this.#line.cancel(new CircuitError("cancelled", reason));
  }

  soon(run: () => void): void {
    this.#line.soon(run);
  }

  /** Counts the data that goes out with the opening. */
  opened(body: Uint8Array, ended: boolean): void {
    this.#out.opened(body.length, ended);
  }

  data(part: Part, cost: number): void {
    this.#in.arrive(part, cost);
  }

  dataEnded(): void {
    this.#in.finish();
  }

  credited(bytes: number): void {
    this.#out.credited(bytes);
  }

  closed(closing: Closing): void {
    if (this.#signal !== undefined) this.#aborts.delete(this.#signal, this.#abort);
    if (closing.kind === "result") this.#in.finish();
    else this.#in.fail(closing.error, closing.error.code === "cancelled" || closing.error.code === "deadline");
    this.#out.close();
    this.#settleWith(closing);
  }

  readonly #abort = (): void => this.cancel(`"${this.#method}" was cancelled`);

  #settleWith(closing: Closing): void {
    const settle = this.#settle;
    if (settle === null) return;
    if (closing.kind === "error") return settle.reject(closing.error);
    const read = readResult(this.#method, closing.value);
    if (read.ok) settle.resolve(read.value);
    else settle.reject(new CircuitError("internal", read.failure));
  }
}
