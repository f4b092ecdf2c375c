/** Sends many messages over one call, without waiting for each: in the order in which they were given. */
import { Fifo } from "../core/fifo.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { MAX_PART } from "../wire/circuit/packet.js";
import { readAs, takenSchema } from "../wire/circuit/values.js";
import type { Call } from "./conversation.js";
import { explained } from "./place.js";
import { bytesOf, sendBytes, type Chunk } from "./source.js";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

const ignore = (): void => undefined;

/** Made by `channel.sender()`. Whoever leaves it without `close` gives up what is not safe yet. */
export class Sender implements AsyncDisposable {
  readonly #call: Call<"send.many">;
  readonly #what: string;
  /** Those whose message is not safe yet, in order. */
  readonly #waiting = new Fifo<Waiting>();
  #handed: Promise<void> = Promise.resolve();
  #taken = 0;
  #failure: unknown = null;
  #isClosed = false;

  constructor(call: Call<"send.many">, what: string) {
    this.#call = call;
    this.#what = what;
    call.result.then(
      () => this.#allSafe(),
      (cause: unknown) => this.#fail(cause),
    );
    this.#hear().catch(ignore);
  }

  /** How many messages are safe: in the channel's buffer, or acknowledged by a receiver. */
  get taken(): number {
    return this.#taken;
  }

  /** Resolves when the message is safe. @throws CircuitError that says what was attempted */
  send(chunk: Chunk): Promise<void> {
    const safe = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#hand(chunk).catch(ignore);
    return safe;
  }

  /** Resolves when there is room for more; the message may not be safe yet. @throws CircuitError */
  async push(chunk: Chunk): Promise<void> {
    this.#waiting.push({ resolve: ignore, reject: ignore });
    await this.#hand(chunk);
  }

  /** Resolves when all messages are safe. @returns how many there were @throws CircuitError where one is not */
  async close(): Promise<number> {
    this.#isClosed = true;
    try {
      await this.#handed;
      this.#call.end();
      await this.#call.result;
      return this.#taken;
    } catch (cause) {
      throw explained(this.#failure ?? cause, this.#what);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#call.cancel("the sender was left");
  }

  #hand(chunk: Chunk): Promise<void> {
    const bytes = bytesOf(chunk);
    const isLate = this.#isClosed;
    const handed = this.#handed.then(() => {
      if (isLate) throw new CircuitError("closed", "the sender was closed");
      return this.#sendWhole(bytes);
    });
    this.#handed = handed.catch((cause: unknown) => {
      this.#fail(cause);
      throw explained(this.#failure, this.#what);
    });
    return this.#handed;
  }

  async #sendWhole(bytes: Uint8Array): Promise<void> {
    const tail = Math.max(0, Math.ceil(bytes.length / MAX_PART) - 1) * MAX_PART;
    if (tail > 0) await sendBytes(this.#call, bytes.subarray(0, tail));
    await this.#call.send({ value: { last: true }, body: bytes.subarray(tail) });
  }

  async #hear(): Promise<void> {
    for await (const { value } of this.#call.parts()) {
      const told = readAs(takenSchema, value);
      if (!told.ok) continue;
      for (; this.#taken < told.value.taken; this.#taken += 1) this.#waiting.shift()?.resolve();
    }
  }

  /** The result of the call stands for all of them, wherever the counting is. */
  #allSafe(): void {
    this.#taken += this.#waiting.size;
    for (const { resolve } of this.#waiting.drain()) resolve();
  }

  #fail(cause: unknown): void {
    this.#failure ??= cause;
    for (const { reject } of this.#waiting.drain()) reject(explained(this.#failure, this.#what));
  }
}
