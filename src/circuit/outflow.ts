/** The data of a call on its sending side: what there is no credit for waits, in order. */
import { Fifo } from "../core/fifo.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { costOf, MAX_PART, type Part } from "../wire/circuit/packet.js";
import { CREDIT_BATCH, type Line } from "./line.js";

interface Waiting {
  readonly part: Part;
  /** Bytes of its body that were sent already. */
  sent: number;
  readonly resolve: () => void;
  readonly reject: (error: CircuitError) => void;
}

/** Where a value stands among what was sent, so that credit can be told as bytes of bodies. */
interface Value {
  /** What had been sent when its part was. */
  readonly at: number;
  readonly cost: number;
}

const SENT = Promise.resolve();

export class Outflow {
  readonly #line: Line;
  readonly #waiting = new Fifo<Waiting>();
  readonly #values = new Fifo<Value>();
  #sent = 0;
  #credited = 0;
  #ended = false;

  constructor(line: Line) {
    this.#line = line;
  }

  /** @throws CircuitError */
  send(part: Part): Promise<void> {
    const fault = this.#faultOf(part);
    if (fault !== null) return Promise.reject(fault);
    if (part.body.length === 0 && part.value === undefined) return SENT;
    if (this.#waiting.size === 0) {
      if (part.body.length <= MAX_PART && this.#pass(part)) return SENT;
    }
    const sent = new Promise<void>((resolve, reject) => this.#waiting.push({ part, sent: 0, resolve, reject }));
    this.#pump();
    return sent;
  }

  end(): void {
    this.#ended = true;
    if (this.#waiting.size === 0) this.#line.end();
  }

  /** There is room for more. @returns how many bytes of bodies the other side has used */
  credited(bytes: number): number {
    this.#credited += bytes;
    let ofBodies = bytes;
    for (let value = this.#values.first; value !== null && value.at <= this.#credited; value = this.#values.first) {
      ofBodies -= value.cost;
      this.#values.shift();
    }
    this.#pump();
    return ofBodies;
  }

  /** Counts the data that goes out with the opening of the call. */
  opened(bytes: number, ended: boolean): void {
    this.#sent += bytes;
    this.#ended = ended;
    this.#line.opened(bytes, ended);
  }

  /** The call is over: what waits is not sent. */
  close(): void {
    for (const { reject } of this.#waiting.drain()) reject(this.#over());
  }

  #faultOf(part: Part): CircuitError | null {
    if (this.#line.closing !== null) return this.#over();
    const { method } = this.#line;
    if (this.#ended) return new CircuitError("closed", `Cannot send data of "${method}": its end was sent already`);
    if (part.value === undefined || costOf(part) <= CREDIT_BATCH) return null;
    return new CircuitError("invalid", `Cannot send data of "${method}": a part with a value has room for ${CREDIT_BATCH} bytes in all`);
  }

  #over(): CircuitError {
    const { closing, method } = this.#line;
    return closing?.kind === "error"
      ? closing.error
      : new CircuitError("closed", `Cannot send data of "${method}": it was answered already`);
  }

  #pump(): void {
    for (;;) {
      const head = this.#waiting.first;
      if (head === null) break;
      if (!this.#passOn(head)) return;
      this.#waiting.shift();
      head.resolve();
    }
    if (this.#ended) this.#line.end();
  }

  /** Sends as much of it as there is credit for. @returns whether that was all */
  #passOn(head: Waiting): boolean {
    const { body, value } = head.part;
    if (value !== undefined) return this.#pass(head.part);
    while (head.sent < body.length) {
      const piece = body.subarray(head.sent, head.sent + MAX_PART);
      if (!this.#pass({ body: piece })) return false;
      head.sent += piece.length;
    }
    return true;
  }

  #pass(part: Part): boolean {
    const cost = costOf(part);
    if (cost > this.#line.room) return false;
    this.#sent += cost;
    if (part.value !== undefined) this.#values.push({ at: this.#sent, cost: cost - part.body.length });
    this.#line.data(part, cost);
    return true;
  }
}
