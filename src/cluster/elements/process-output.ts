/** Serves the readers of one output stream of a process. */
import type { IncomingCall } from "../../circuit/conversation.js";
import type { Clock, OutputStreamName } from "../../core/ports.js";
import type { ReadParams } from "../../wire/circuit/contract.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import { MAX_PART, type Part } from "../../wire/circuit/packet.js";
import { WaitingCalls } from "./process-calls.js";
import type { OutputFlow, Piece, Reader } from "./process-flow.js";

export interface OutputContext {
  readonly stream: OutputStreamName;
  /** Such as `process 12`, for messages. */
  readonly owner: string;
  readonly clock: Pick<Clock, "epoch">;
}

const NOTHING = new Uint8Array(0);

export class ProcessOutput {
  readonly #flow: OutputFlow;
  readonly #context: OutputContext;
  readonly #calls = new WaitingCalls();
  /** How those who come too late are told who is there. */
  #taker = "";
  #readers = 0;
  #closed: CircuitError | null = null;

  constructor(flow: OutputFlow, context: OutputContext) {
    this.#flow = flow;
    this.#context = context;
  }

  /** @throws CircuitError `busy` where another one takes already */
  async serve(call: IncomingCall, { copy = false, follow = true }: ReadParams<"output">): Promise<Record<string, never>> {
    if (this.#closed !== null) throw this.#closed;
    const reader = copy ? this.#flow.copy() : this.#take(call);
    this.#readers++;
    try {
      const until = follow ? Infinity : this.#flow.poll();
      call.onCredit((bytes) => reader.acknowledge(bytes));
      await this.#feed(call, reader, until);
      call.end();
      // What is on its way is not taken yet, and another reader has to wait for what becomes of it.
      while (!reader.isSettled) await this.#news(call, reader);
    } finally {
      this.#readers--;
      reader.leave();
      if (this.#closed !== null && this.#readers === 0) this.#flow.discard();
    }
    return {};
  }

  /** The element is gone: its readers are told so, and what the process still writes goes nowhere. */
  close(error: CircuitError): void {
    this.#closed = error;
    this.#flow.discard();
    this.#calls.fail(error);
  }

  /** No readers any more but those who are here: they get what there is and what comes. */
  closeBehindReaders(error: CircuitError): void {
    this.#closed = error;
    if (this.#readers === 0) this.#flow.discard();
  }

  #take(call: IncomingCall): Reader {
    const { stream, owner, clock } = this.#context;
    if (this.#flow.hasTaker) {
      const message = `Cannot read ${stream} of ${owner}: ${this.#taker}; ask for a copy, or wait until that reader leaves`;
      throw new CircuitError("busy", message);
    }
    this.#taker = `"${call.conversation.peer}" reads it since ${new Date(clock.epoch() * 1000).toISOString()}`;
    return this.#flow.take();
  }

  async #feed(call: IncomingCall, reader: Reader, until: number): Promise<void> {
    for (;;) {
      const piece = reader.next(Math.min(MAX_PART, until - reader.at));
      if (piece !== null) await this.#calls.until(call.send(partOf(piece)), call.signal);
      else if (this.#isOver(reader, until)) return;
      else if (!reader.hasMore) await this.#news(call, reader);
    }
  }

  /** Asked where nothing is kept for that reader; looks into the pipe for one that waits for nothing. */
  #isOver(reader: Reader, until: number): boolean {
    if (until === Infinity) return this.#flow.ended;
    if (reader.at >= until) return true;
    this.#flow.poll();
    // What it has not acknowledged may take the room for what the pipe holds.
    return !reader.hasMore && reader.isSettled;
  }

  #news(call: IncomingCall, reader: Reader): Promise<void> {
    return this.#calls.until(new Promise((resolve) => (reader.onNews = resolve)), call.signal);
  }
}

function partOf(piece: Piece): Part {
  return "bytes" in piece ? { body: piece.bytes } : { value: piece, body: NOTHING };
}
