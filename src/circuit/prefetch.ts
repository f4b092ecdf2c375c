/**
 * Messages of a channel one after the other, with some fetched ahead. A message is acknowledged when the next one is asked
 * for: what a loop was still busy with when it failed, or its program died, goes to the next receiver.
 */
import { WINDOW, type Part } from "../wire/circuit/packet.js";
import { lastSchema, readAs } from "../wire/circuit/values.js";
import type { Call } from "./conversation.js";
import type { Message } from "./message.js";
import { joined, readableOf } from "./streams.js";

const utf8 = new TextDecoder();

/** @throws CircuitError */
export async function* prefetched(call: Call<"recv.many">): AsyncGenerator<Message, void, undefined> {
  const fetched = new Fetched(call);
  const done = new Acknowledgements(call);
  try {
    for (let number = 1; ; number += 1) {
      const bytes = await fetched.next();
      if (bytes === null) break;
      yield messageOf(bytes, () => done.tell(number));
      done.tellSoon(number);
    }
  } finally {
    // The end comes behind all that was acknowledged; a cancellation might overtake it.
    await done.tell().catch(() => undefined);
    call.end();
    await fetched.discard();
  }
  await call.result;
}

/** Tells how many messages are used: one number for all that were used within a turn of the event loop. */
class Acknowledgements {
  readonly #call: Call<"recv.many">;
  #used = 0;
  #told = 0;
  #isTelling = false;
  #failure: { readonly cause: unknown } | null = null;

  constructor(call: Call<"recv.many">) {
    this.#call = call;
    call.result.catch((cause: unknown) => (this.#failure = { cause }));
  }

  /** @throws what the call has failed with: nothing can be acknowledged then, and what was fetched goes to others */
  tellSoon(number: number): void {
    if (this.#failure !== null) throw this.#failure.cause;
    this.#used = Math.max(this.#used, number);
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#call.soon(() => {
      this.#isTelling = false;
      // Should the call have failed, the next one hears of it.
      this.tell().catch(() => undefined);
    });
  }

  /** @throws CircuitError */
  async tell(number = this.#used): Promise<void> {
    this.#used = Math.max(this.#used, number);
    if (this.#used <= this.#told) return;
    const done = (this.#told = this.#used);
    await this.#call.send({ value: { done }, body: NOTHING });
  }
}

const NOTHING = new Uint8Array();

function messageOf(bytes: Uint8Array, acknowledge: () => Promise<void>): Message {
  return {
    acknowledge,
    bytes: async () => bytes,
    text: async () => utf8.decode(bytes),
    stream: () => readableOf({ open: async () => readingOf(bytes), what: "read a message" }),
  };
}

function readingOf(bytes: Uint8Array): { parts: AsyncIterator<Part>; finish(): Promise<void>; cancel(): void } {
  const parts: Part[] = [{ body: bytes }];
  const next = async (): Promise<IteratorResult<Part, undefined>> => {
    const value = parts.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  };
  return { parts: { next }, finish: async () => undefined, cancel: () => undefined };
}

/** Puts messages together while somebody is busy with an earlier one, up to as many bytes as a call may have under way. */
class Fetched {
  readonly #whole: Uint8Array[] = [];
  #bytes = 0;
  #isLeft = false;
  #end: { readonly failure: unknown } | "ended" | null = null;
  /** Called when there is something new. */
  #arrived: () => void = () => undefined;
  /** Called when there is room again. */
  #taken: () => void = () => undefined;

  constructor(call: Call<"recv.many">) {
    this.#fetch(call).then(
      () => this.#finish("ended"),
      (failure: unknown) => this.#finish({ failure }),
    );
  }

  /** @returns null at the end */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.#whole.shift();
      if (bytes !== undefined) {
        this.#bytes -= bytes.length;
        this.#taken();
        return bytes;
      }
      if (this.#end === "ended") return null;
      if (this.#end !== null) throw this.#end.failure;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }

  /** Wants nothing any more; resolves when nothing comes. */
  async discard(): Promise<void> {
    this.#isLeft = true;
    this.#taken();
    while (this.#end === null) await new Promise<void>((resolve) => (this.#arrived = resolve));
  }

  async #fetch(call: Call<"recv.many">): Promise<void> {
    let pieces: Uint8Array[] = [];
    for await (const { value, body } of call.parts()) {
      if (this.#isLeft) continue;
      pieces.push(body);
      if (!readAs(lastSchema, value).ok) continue;
      const bytes = joined(pieces);
      pieces = [];
      this.#whole.push(bytes);
      this.#bytes += bytes.length;
      this.#arrived();
      while (this.#bytes > WINDOW && !this.#isLeft) await new Promise<void>((resolve) => (this.#taken = resolve));
    }
  }

  #finish(end: { readonly failure: unknown } | "ended"): void {
    this.#end = end;
    this.#arrived();
  }
}
