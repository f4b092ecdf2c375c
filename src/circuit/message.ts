/** A message from a channel, taken by this client and gone from the channel once it is acknowledged. */
import { CircuitError } from "../wire/circuit/errors.js";
import type { Part } from "../wire/circuit/packet.js";
import type { Call } from "./conversation.js";
import { explained } from "./place.js";
import { collect, readableOf } from "./streams.js";

const utf8 = new TextDecoder();

/** The content of a message, to be read once, by one of these. */
export interface Message {
  /** All of it. */
  bytes(): Promise<Uint8Array>;
  /** All of it, read as UTF-8. */
  text(): Promise<string>;
  /** Piece by piece, however large it is. */
  stream(): ReadableStream<Uint8Array>;
  /** Takes it out of the channel now. @throws CircuitError when somebody else has it by now */
  acknowledge(): Promise<void>;
}

export interface Taking {
  /** In words that follow "Cannot". */
  readonly what: string;
  /** Nothing but `acknowledge()` acknowledges it. */
  readonly isManual: boolean;
}

/**
 * What `channel.receive()` gives. Unless that was asked to leave it to `acknowledge()`, it is acknowledged when `bytes()` or
 * `text()` has it all, or when the reader of `stream()` has asked for more after the last piece. Until then it is not gone:
 * where the client dies or lets go, the next receiver gets it.
 */
export class ReceivedMessage implements Message, AsyncDisposable {
  readonly #call: Call<"recv">;
  readonly #taking: Taking;
  readonly #parts: Whole;
  #isRead = false;

  private constructor(call: Call<"recv">, taking: Taking, parts: Whole) {
    this.#call = call;
    this.#taking = taking;
    this.#parts = parts;
  }

  /** Waits until there is one. @throws CircuitError */
  static async take(call: Call<"recv">, taking: Taking): Promise<ReceivedMessage> {
    const parts = call.parts()[Symbol.asyncIterator]();
    return new ReceivedMessage(call, taking, new Whole(await parts.next(), parts));
  }

  async bytes(): Promise<Uint8Array> {
    return collect(this.stream());
  }

  async text(): Promise<string> {
    return utf8.decode(await this.bytes());
  }

  stream(): ReadableStream<Uint8Array> {
    const { what, isManual } = this.#taking;
    if (this.#isRead) throw new CircuitError("invalid", `Cannot ${what}: the message was read before`);
    this.#isRead = true;
    const finish = async (): Promise<void> => {
      if (!isManual) await this.acknowledge();
    };
    return readableOf({ open: async () => ({ parts: this.#parts, finish, cancel: (reason) => this.#call.cancel(reason) }), what });
  }

  async acknowledge(): Promise<void> {
    this.#isRead = true;
    try {
      await this.#parts.rest();
      this.#call.end();
      await this.#call.result;
    } catch (cause) {
      throw explained(cause, this.#taking.what);
    }
  }

  /** Leaves it to the next receiver, unless it was acknowledged. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#call.cancel("the message was given back");
  }
}

/** The parts of a message, of which the first was waited for. */
class Whole implements AsyncIterator<Part> {
  readonly #others: AsyncIterator<Part>;
  #first: IteratorResult<Part, unknown> | null;
  #isOver = false;

  constructor(first: IteratorResult<Part, unknown>, others: AsyncIterator<Part>) {
    this.#first = first;
    this.#others = others;
  }

  async next(): Promise<IteratorResult<Part, unknown>> {
    const step = this.#first ?? (await this.#others.next());
    this.#first = null;
    this.#isOver = step.done === true;
    return step;
  }

  /** Passes over what nobody has read: only a message that came to its end can be acknowledged. */
  async rest(): Promise<void> {
    while (!this.#isOver) await this.next();
  }
}
