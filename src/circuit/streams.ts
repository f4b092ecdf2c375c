/** The streams of a call as web streams, which every runtime has; Node's `Readable.fromWeb` and `Writable.fromWeb` take them. */
import type { MethodName } from "../wire/circuit/contract.js";
import type { Part } from "../wire/circuit/packet.js";
import { explained } from "./place.js";
import type { Call } from "./conversation.js";
import { bytesOf, sendBytes, type Chunk } from "./source.js";

/** What comes down on a call. */
export interface Reading {
  readonly parts: AsyncIterator<Part>;
  /** Called when the last bytes have been used; the stream ends when it resolves. */
  finish(): Promise<unknown>;
  cancel(reason: string): void;
}

export function readingOf(call: Call<MethodName>): Reading {
  return { parts: call.parts()[Symbol.asyncIterator](), finish: () => call.result, cancel: (reason) => call.cancel(reason) };
}

export interface Readout {
  /** Called when the first bytes are asked for. */
  readonly open: () => Promise<Reading>;
  /** What it is for, in words that follow "Cannot". */
  readonly what: string;
  /** Called with a value that stands between the bytes. */
  readonly onValue?: (value: unknown) => void;
}

/**
 * What comes down, as a stream that reads nothing ahead: a chunk counts as taken when the next one is asked for. Cancelling
 * without a reason (leaving a `for await` loop) takes the last chunk; with a reason (a pipe that broke) it stays for the next reader.
 */
export function readableOf({ open, what, onValue }: Readout): ReadableStream<Uint8Array> {
  let reading: Reading | null = null;
  let isAsking = false;
  const next = async (): Promise<Uint8Array | null> => {
    reading ??= await open();
    for (;;) {
      const step = await reading.parts.next();
      if (step.done === true) {
        await reading.finish();
        return null;
      }
      if (step.value.value !== undefined) onValue?.(step.value.value);
      if (step.value.body.length > 0) return step.value.body;
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        isAsking = true;
        try {
          const chunk = await next();
          if (chunk === null) controller.close();
          else controller.enqueue(chunk);
        } catch (cause) {
          throw explained(cause, what);
        } finally {
          isAsking = false;
        }
      },
      async cancel(reason: unknown) {
        if (!isAsking && reason === undefined) await reading?.parts.return?.();
        reading?.cancel("nobody reads any more");
      },
    },
    { highWaterMark: 0 },
  );
}

export interface Writeout<M extends MethodName> {
  /** Called when the first bytes are there. */
  readonly open: () => Promise<Call<M>>;
  /** What it is for, in words that follow "Cannot". */
  readonly what: string;
}

/** What goes up, as a stream: a chunk is accepted when there is room for it, `close` resolves when the call has ended well. */
export function writableOf<M extends MethodName>({ open, what }: Writeout<M>): WritableStream<Chunk> {
  let opened: Call<M> | null = null;
  const explaining = async (work: (call: Call<M>) => Promise<unknown>): Promise<void> => {
    try {
      opened ??= await open();
      await work(opened);
    } catch (cause) {
      throw explained(cause, what);
    }
  };
  return new WritableStream<Chunk>({
    write: (chunk) => explaining((call) => sendBytes(call, bytesOf(chunk))),
    close: () =>
      explaining((call) => {
        call.end();
        return call.result;
      }),
    abort: () => opened?.cancel("what was to be sent could not be read"),
  });
}

/** Collects a stream. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return joined(all);
}

/** One array of many; the only one as it is. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
