/** The side of a channel that messages come from: `send` for one, `send.many` for many over one call. */
import type { Clock } from "../../core/ports.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Part } from "../../wire/circuit/packet.js";
import { isLast } from "../../wire/circuit/params.js";
import { Fifo } from "../../core/fifo.js";
import { gather, MOST_KEPT, type MessageParts } from "./gather.js";
import type { Item, Message, MessageQueue } from "./message-queue.js";
import type { Visit } from "./visit.js";

/** Messages of one `send.many` that may wait to be safe; and as many bytes as one message may have. */
const MOST_WAITING = 10_000;
const NOTHING = new Uint8Array(0);

/** Where messages are sent to, and by which call. */
export interface Sending {
  readonly queue: MessageQueue;
  readonly visit: Visit;
  readonly clock: Pick<Clock, "yield">;
}

/** Sends one message; resolves when it is stored, or a receiver has acknowledged it. @throws CircuitError `closed`, `aborted` */
export async function sendOne({ queue, visit }: Sending): Promise<Record<string, never>> {
  const item = queue.enter();
  try {
    const message = await gather(visit, wholeCall(visit));
    await visit.until(placed(queue, item, message));
    return {};
  } finally {
    queue.leave(item);
  }
}

/** Sends messages as they come, and tells how many of them are safe. @throws CircuitError `closed`, `aborted` */
export async function sendMany(sending: Sending): Promise<Record<string, never>> {
  const { queue, visit } = sending;
  const input = new ManyMessages(visit);
  const ledger = new Ledger(sending);
  try {
    while (await visit.until(unlessClosed(queue, input.begins()))) {
      const item = queue.enter();
      ledger.add(item);
      const message = await gather(visit, input);
      ledger.place(item, message);
      // What comes next of a large message is its receiver's to read.
      await (message.rest === null ? ledger.room() : ledger.empty());
    }
    await ledger.empty();
    return {};
  } catch (cause) {
    // What waited before the channel was closed is still taken, and the caller hears of it first.
    if (cause instanceof CircuitError && cause.code === "closed") await ledger.empty();
    throw cause;
  } finally {
    ledger.leave();
  }
}

function placed(queue: MessageQueue, item: Item, message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    queue.place(item, message, { accepted: resolve, aborted: () => reject(receiverGone()) });
  });
}

function receiverGone(): CircuitError {
  return new CircuitError(
    "aborted",
    `The receiver went away in the middle of a message of more than ${MOST_KEPT} bytes; nobody has it whole`,
  );
}

/** All parts of a call are one message. */
function wholeCall({ call }: Visit): MessageParts {
  const parts = call.parts()[Symbol.asyncIterator]();
  return {
    async next() {
      const next = await parts.next();
      return next.done === true ? null : next.value;
    },
  };
}

/** Many messages in one call; the last part of each says so. */
class ManyMessages implements MessageParts {
  readonly #parts: AsyncIterator<Part>;
  #first: Part | null = null;
  #isOver = true;

  constructor({ call }: Visit) {
    this.#parts = call.parts()[Symbol.asyncIterator]();
  }

  /** Waits for the first part of the next message; false when there will be none. */
  async begins(): Promise<boolean> {
    const next = await this.#parts.next();
    if (next.done === true) return false;
    this.#first = next.value;
    this.#isOver = false;
    return true;
  }

  async next(): Promise<Part | null> {
    if (this.#isOver) return null;
    const part = this.#first ?? (await this.#more());
    this.#first = null;
    this.#isOver = isLast(part.value);
    return part;
  }

  async #more(): Promise<Part> {
    const next = await this.#parts.next();
    if (next.done !== true) return next.value;
    throw new CircuitError("invalid", "The data ended within a message: the last part of each needs the value { last: true }");
  }
}

interface Line {
  readonly item: Item;
  readonly size: number;
  safe: boolean;
}

/** What one `send.many` has sent and was not yet told to be safe. */
class Ledger {
  readonly #sending: Sending;
  readonly #lines = new Fifo<Line>();
  /** The item whose message is still coming. */
  #coming: Item | null = null;
  #bytes = 0;
  /** How many from the beginning are safe, and how many the caller knows of. */
  #safe = 0;
  #told = 0;
  #isTelling = false;
  #wake: () => void = () => undefined;

  constructor(sending: Sending) {
    this.#sending = sending;
  }

  add(item: Item): void {
    this.#coming = item;
  }

  place(item: Item, message: Message): void {
    const { queue, visit } = this.#sending;
    const line: Line = { item, size: message.size, safe: false };
    this.#coming = null;
    this.#lines.push(line);
    this.#bytes += line.size;
    queue.place(item, message, { accepted: () => this.#accept(line), aborted: () => visit.stop(receiverGone()) });
  }

  /** Waits until another message may come. */
  async room(): Promise<void> {
    while (this.#bytes >= MOST_KEPT || this.#lines.size >= MOST_WAITING) await this.#change();
  }

  /** Waits until all are safe and the caller knows it. */
  async empty(): Promise<void> {
    while (this.#lines.size > 0 || this.#told < this.#safe) await this.#change();
  }

  /** The caller has gone, or the call has ended: what is not safe goes too. */
  leave(): void {
    const { queue } = this.#sending;
    if (this.#coming !== null) queue.leave(this.#coming);
    for (let line = this.#lines.shift(); line !== null; line = this.#lines.shift()) queue.leave(line.item);
  }

  #accept(line: Line): void {
    line.safe = true;
    this.#bytes -= line.size;
    // Receivers may acknowledge in another order; only what is safe from the beginning on is told.
    while (this.#lines.first?.safe === true) {
      this.#lines.shift();
      this.#safe += 1;
    }
    if (!this.#isTelling) void this.#tell();
    this.#wake();
  }

  /** One number for all that became safe within a turn of the event loop. */
  async #tell(): Promise<void> {
    const { visit, clock } = this.#sending;
    this.#isTelling = true;
    try {
      while (this.#told < this.#safe) {
        await clock.yield();
        const taken = this.#safe;
        await visit.until(visit.call.send({ value: { taken }, body: NOTHING }));
        this.#told = taken;
      }
    } catch {
      // The call has ended; whoever reads it knows why.
      this.#told = Infinity;
    }
    this.#isTelling = false;
    this.#wake();
  }

  #change(): Promise<void> {
    return this.#sending.visit.until(
      new Promise((resolve) => {
        this.#wake = resolve;
      }),
    );
  }
}

/** A fact, or the closing of the channel where that comes first. @throws CircuitError `closed` */
function unlessClosed<T>(queue: MessageQueue, fact: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const close = (): void => reject(new CircuitError("closed", "The channel is closed"));
    const stop = queue.onClose(close);
    if (queue.closed) close();
    fact.then(resolve, reject).finally(stop);
  });
}
