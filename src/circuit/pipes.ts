/** Standard input and output of what runs on another host. */
import { droppedSchema, readAs } from "../wire/circuit/values.js";
import type { Call } from "./conversation.js";
import { explained, type CallOptions, type Seat } from "./place.js";
import { readableOf, readingOf, writableOf } from "./streams.js";
import { sendSource, type Chunk, type Source } from "./source.js";

export interface InputOptions extends CallOptions {
  /** Leaves the standard input open for the next writer. @default false */
  readonly keep?: boolean;
}

export interface OutputOptions extends CallOptions {
  /** Looks without taking: begins with the oldest bytes that are kept, and leaves them to the reader. @default false */
  readonly copy?: boolean;
  /** Goes on until the stream ends; otherwise ends with what is there. @default true */
  readonly follow?: boolean;
  /** Told of bytes that found no room before they could be read, where they would have stood. */
  readonly onDropped?: (bytes: number) => void;
}

/** @param what it is, such as `the process` */
export function inputOf(seat: Seat, what: string, options: InputOptions = {}): WritableStream<Chunk> {
  return writableOf({ open: () => openInput(seat, what, options), what: inputWords(seat, what) });
}

/** Writes all of a source. @throws CircuitError; what the source throws */
export async function sendInput(
  seat: Seat,
  what: string,
  { source, ...options }: InputOptions & { readonly source: Source },
): Promise<void> {
  const call = await openInput(seat, what, options);
  try {
    await sendSource(call, source);
    call.end();
    await call.result;
  } catch (cause) {
    throw explained(cause, inputWords(seat, what));
  }
}

function openInput(seat: Seat, what: string, { keep = false, ...options }: InputOptions): Promise<Call<"stdin">> {
  const params = { ...seat.at, ...(keep ? { keep } : {}) };
  return seat.place.open({ what: inputWords(seat, what), method: "stdin", params }, { deadline: null, ...options });
}

function inputWords(seat: Seat, what: string): string {
  return `write to ${seat.named(what)}`;
}

/** @param what it is, such as `the process` */
export function outputOf(
  seat: Seat,
  what: string,
  { stream, copy, follow, onDropped, ...options }: OutputOptions & { readonly stream: "stdout" | "stderr" },
): ReadableStream<Uint8Array> {
  const words = `read ${stream} of ${seat.named(what)}`;
  const params = { ...seat.at, stream, ...(copy === undefined ? {} : { copy }), ...(follow === undefined ? {} : { follow }) };
  return readableOf({
    open: async () =>
      readingOf(await seat.place.open({ what: words, method: "output", params }, { deadline: null, ended: true, ...options })),
    what: words,
    onValue: (value) => {
      const told = readAs(droppedSchema, value);
      if (told.ok) onDropped?.(told.value.dropped);
    },
  });
}
