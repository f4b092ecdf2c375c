/** Puts messages together from the parts of a call. */
import type { Part } from "../../wire/circuit/packet.js";
import type { Message } from "./message-queue.js";
import type { Visit } from "./visit.js";

/** Bytes of a message that are kept until a receiver has acknowledged it; a larger one goes straight from one to the other. */
export const MOST_KEPT = 1024 * 1024;

/** Parts smaller than this many bytes are put together, so many of them at a time: each costs memory of its own. */
const SMALL_PART = 4096;
const MANY_PARTS = 64;

/** The parts of one message. */
export interface MessageParts {
  /** Null after the last one. @throws CircuitError when the call ends before */
  next(): Promise<Part | null>;
}

/** Reads a message, or so much of it as is kept. @throws CircuitError when the call ends before */
export async function gather(visit: Visit, input: MessageParts): Promise<Message> {
  const kept = new Kept();
  for (;;) {
    const part = await visit.until(input.next());
    if (part === null) return { parts: kept.parts(), size: kept.size, rest: null };
    kept.add(part.body);
    if (kept.size > MOST_KEPT) {
      return { parts: kept.parts(), size: kept.size, rest: async () => (await input.next())?.body ?? null };
    }
  }
}

class Kept {
  size = 0;
  readonly #parts: Uint8Array[] = [];
  #small: Uint8Array[] = [];

  add(body: Uint8Array): void {
    if (body.length === 0) return;
    this.size += body.length;
    if (body.length >= SMALL_PART) {
      this.#join();
      this.#parts.push(body);
    } else if (this.#small.push(body) >= MANY_PARTS) this.#join();
  }

  parts(): readonly Uint8Array[] {
    this.#join();
    return this.#parts;
  }

  #join(): void {
    const [only] = this.#small;
    if (only === undefined) return;
    this.#parts.push(this.#small.length === 1 ? only : concatenate(this.#small));
    this.#small = [];
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
