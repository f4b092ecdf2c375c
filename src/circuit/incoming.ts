/** A call that the other side has opened, as whoever answers it has it. */
import { fitsHead } from "../wire/circuit/answer.js";
import { CircuitError, type ErrorCode } from "../wire/circuit/errors.js";
import type { Open, Part } from "../wire/circuit/packet.js";
import type { Conversation, IncomingCall } from "./conversation.js";
import { Inflow, type Arrived } from "./inflow.js";
import type { Closing, Line, LineHandler } from "./line.js";
import { Outflow } from "./outflow.js";

/** What was left of a call when it was handed on. */
export interface HandedOver {
  /** What has come of its data and was not read. */
  readonly arrived: readonly Arrived[];
  /** Whether that is all. */
  readonly ended: boolean;
}

export class Incoming implements IncomingCall, LineHandler {
  readonly method: string;
  readonly params: unknown;
  readonly to: string | null;
  readonly conversation: Conversation;
  /** For a relay, which takes it over. */
  readonly line: Line;
  readonly #in: Inflow;
  readonly #out: Outflow;
  #ended = false;
  #answered = false;
  #abort: AbortController | null = null;
  #onCredit: ((bytes: number) => void) | null = null;

  constructor(open: Open, of: { readonly line: Line; readonly conversation: Conversation }) {
    this.method = open.method;
    this.params = open.params;
    this.to = open.to;
    this.conversation = of.conversation;
    this.line = of.line;
    this.#in = new Inflow(of.line);
    this.#out = new Outflow(of.line);
    of.line.handOverTo(this);
  }

  /** Made when it is asked for: most calls are answered at once. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      const { closing } = this.line;
      if (closing?.kind === "error" && !this.#answered) this.#abort.abort(closing.error);
    }
    return this.#abort.signal;
  }

  get isDrained(): boolean {
    return this.#in.isDrained;
  }

  onCredit(used: (bytes: number) => void): void {
    this.#onCredit = used;
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

  reply(value: unknown): void {
    if (!fitsHead(value)) return this.fail("overload", `The answer to "${this.method}" is too large for one packet; ask for less at once`);
    this.#answer({ kind: "result", value });
  }

  fail(code: ErrorCode, message: string): void {
    this.#answer({ kind: "error", error: new CircuitError(code, message) });
  }

  /** Lets another handler have the call, from now on; its data must not be read here any more. */
  handOver(to: LineHandler): HandedOver {
    this.line.handOverTo(to);
    return { arrived: this.#in.empty(), ended: this.#ended };
  }

  data(part: Part, cost: number): void {
    this.#in.arrive(part, cost);
  }

  dataEnded(): void {
    this.#ended = true;
    this.#in.finish();
  }

  credited(bytes: number): void {
    const ofBodies = this.#out.credited(bytes);
    if (ofBodies > 0) this.#onCredit?.(ofBodies);
  }

  closed(closing: Closing): void {
    if (closing.kind === "error") this.#in.fail(closing.error, true);
    this.#out.close();
    if (closing.kind === "error" && !this.#answered) this.#abort?.abort(closing.error);
  }

  #answer(closing: Closing): void {
    if (this.line.closing !== null) return;
    this.#answered = true;
    this.line.answer(closing);
  }
}
