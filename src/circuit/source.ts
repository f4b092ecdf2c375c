/** What a client may send: bytes, text, or anything that yields them. */
import { MAX_PART } from "../wire/circuit/packet.js";
import type { MethodName } from "../wire/circuit/contract.js";
import type { Call } from "./conversation.js";

export type Chunk = Uint8Array | string;

/** Bytes, text (as UTF-8), or a stream of either: a web ReadableStream, a Readable of Node, an async generator. */
export type Source = Chunk | AsyncIterable<Chunk>;

const utf8 = new TextEncoder();

export function bytesOf(chunk: Chunk): Uint8Array {
  return typeof chunk === "string" ? utf8.encode(chunk) : chunk;
}

export function isChunk(source: Source): source is Chunk {
  return typeof source === "string" || source instanceof Uint8Array;
}

/** Sends bytes in parts as large as they may be. @throws CircuitError when the call has ended */
export async function sendBytes(call: Pick<Call<MethodName>, "send">, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.length; from += MAX_PART) await call.send({ body: bytes.subarray(from, from + MAX_PART) });
}

/**
 * Sends all of a source. Where the call ends while the source says nothing, the source is left and the result tells why.
 * @throws what the source throws, after the call was cancelled; CircuitError when the call has ended
 */
export async function sendSource<M extends MethodName>(call: Call<M>, source: Source): Promise<void> {
  if (isChunk(source)) return sendBytes(call, bytesOf(source));
  const chunks = source[Symbol.asyncIterator]();
  const ended = new Ended(call);
  for (;;) {
    const step = await ended.or(chunks.next()).catch((cause: unknown) => {
      call.cancel("what was to be sent could not be read");
      throw cause;
    });
    if (step === null) return leave(chunks);
    if (step.done === true) return;
    try {
      await sendBytes(call, bytesOf(step.value));
    } catch (cause) {
      leave(chunks);
      throw cause;
    }
  }
}

/** It may be busy for ever with what it was asked for, so nobody waits. */
function leave(chunks: AsyncIterator<Chunk>): void {
  chunks.return?.().catch(() => undefined);
}

/** Tells of the end of a call whoever waits for something else, without a reaction on its promise for every turn. */
class Ended {
  #over = false;
  #interrupt: () => void = () => undefined;

  constructor(call: Call<MethodName>) {
    const end = (): void => {
      this.#over = true;
      this.#interrupt();
    };
    call.result.then(end, end);
  }

  /** @returns null when the call has ended first */
  or<T>(work: Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      this.#interrupt = () => resolve(null);
      work.then(resolve, reject);
      if (this.#over) resolve(null);
    });
  }
}
