/**
 * The side of a queue that messages are taken from: `recv` for one, `recv.many` for many over one call. What a caller
 * has not acknowledged when it goes away is given back.
 */
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Part } from "../../wire/circuit/packet.js";
import { readDone } from "../../wire/circuit/params.js";
import { Fifo } from "../../core/fifo.js";
import type { Item, MessageQueue, Taker } from "./message-queue.js";
import type { Visit } from "./visit.js";

const NOTHING = new Uint8Array(0);

/** Where messages are taken from, and by which call. */
export interface Receiving {
  readonly queue: MessageQueue;
  readonly visit: Visit;
}

/** Hands over one message; resolves when it was acknowledged. @throws CircuitError `closed`, `aborted` */
export async function receiveOne({ queue, visit }: Receiving): Promise<Record<string, never>> {
  const { call } = visit;
  checkUnended(visit);
  const taking = new Taking(queue);
  try {
    const item = await visit.until(taking.item);
    for await (const body of bodies(visit, item)) await visit.until(call.send({ body }));
    checkUnended(visit);
    call.end();
    await visit.until(endOf(call.parts()));
    taking.acknowledge(item);
    return {};
  } finally {
    taking.leave();
  }
}

/**
 * Hands over messages as they come, at most `ahead` of them unacknowledged, until the channel is closed and empty or the
 * caller ends its side.
 * @throws CircuitError `aborted`, `invalid`
 */
export async function receiveMany({ queue, visit }: Receiving, ahead: number): Promise<Record<string, never>> {
  const { call } = visit;
  const taking = new ManyTaking(queue, ahead);
  readAcknowledgements(visit, taking).then(
    () => taking.finish(),
    (cause: unknown) => visit.stop(cause instanceof CircuitError ? cause : new CircuitError("internal", String(cause))),
  );
  try {
    for (;;) {
      const item = await visit.until(taking.next());
      if (item === null) break;
      await sendAmongOthers(visit, item);
    }
    call.end();
    return {};
  } finally {
    taking.leave();
  }
}

/** Everything of a message; what is not kept is asked from its sender. */
async function* bodies(visit: Visit, item: Item): AsyncGenerator<Uint8Array, void, undefined> {
  yield* item.message.parts;
  if (item.message.rest === null) return;
  for (let body = await visit.until(item.pull()); body !== null; body = await visit.until(item.pull())) yield body;
}

async function sendAmongOthers(visit: Visit, item: Item): Promise<void> {
  const send = (part: Part): Promise<void> => visit.until(visit.call.send(part));
  const { parts, rest } = item.message;
  // Nearly all messages are like that, and a generator costs as much as all the rest of the way.
  if (rest === null && parts.length <= 1) return send({ value: { last: true }, body: parts[0] ?? NOTHING });
  let last: Uint8Array | null = null;
  for await (const body of bodies(visit, item)) {
    if (last !== null) await send({ body: last });
    last = body;
  }
  await send({ value: { last: true }, body: last ?? NOTHING });
}

/** An end that comes before the message was complete acknowledges nothing. */
function checkUnended({ call }: Visit): void {
  if (!call.isDrained) return;
  throw new CircuitError(
    "invalid",
    `"${call.method}" is acknowledged by ending the data of the call after the message; it was ended before`,
  );
}

async function endOf(parts: AsyncIterable<Part>): Promise<void> {
  const iterator = parts[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function readAcknowledgements(visit: Visit, taking: ManyTaking): Promise<void> {
  const parts = visit.call.parts()[Symbol.asyncIterator]();
  for (;;) {
    const next = await visit.until(parts.next());
    if (next.done === true) return;
    const done = readDone(next.value.value);
    if (done === null || done > taking.begun) {
      throw new CircuitError("invalid", `"recv.many" is acknowledged by { done: n }, n being how many messages came so far and are used`);
    }
    taking.acknowledge(done);
  }
}

/** Takes one message. */
class Taking implements Taker {
  /** @throws CircuitError `closed` */
  readonly item: Promise<Item>;
  readonly #queue: MessageQueue;
  #held: Item | null = null;
  #resolve: (item: Item) => void = () => undefined;
  #reject: (cause: CircuitError) => void = () => undefined;

  constructor(queue: MessageQueue) {
    this.#queue = queue;
    this.item = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    queue.want(this);
  }

  give(item: Item): void {
    this.#held = item;
    this.#resolve(item);
  }

  closed(): void {
    this.#reject(new CircuitError("closed", "The channel is closed and holds no more messages"));
  }

  acknowledge(item: Item): void {
    this.#held = null;
    this.#queue.acknowledge(item);
  }

  /** Wants nothing any more, and gives back what was not acknowledged. */
  leave(): void {
    this.#queue.unwant(this);
    if (this.#held !== null) this.#queue.giveBack(this.#held);
    this.#held = null;
  }
}

/** Takes many messages, so many ahead of what is acknowledged. */
class ManyTaking implements Taker {
  readonly #queue: MessageQueue;
  readonly #ahead: number;
  /** What is not acknowledged, in order, and what of it is not sent. */
  readonly #held = new Fifo<Item>();
  readonly #outbox = new Fifo<Item>();
  #begun = 0;
  #done = 0;
  #wants = false;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(queue: MessageQueue, ahead: number) {
    this.#queue = queue;
    this.#ahead = ahead;
    this.#want();
  }

  /** How many were begun to be sent. */
  get begun(): number {
    return this.#begun;
  }

  give(item: Item): void {
    this.#wants = false;
    this.#held.push(item);
    this.#outbox.push(item);
    this.#want();
    this.#wake();
  }

  closed(): void {
    this.#wants = false;
    this.finish();
  }

  /** There is nothing more to send. */
  finish(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** The next one to send; null when there will be none. */
  async next(): Promise<Item | null> {
    for (;;) {
      if (this.#isOver) return null;
      const item = this.#outbox.shift();
      if (item !== null) {
        this.#begun += 1;
        return item;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The first so many of all are used. */
  acknowledge(done: number): void {
    while (this.#done < done) {
      this.#done += 1;
      const item = this.#held.shift();
      if (item !== null) this.#queue.acknowledge(item);
    }
    this.#want();
  }

  leave(): void {
    this.#isOver = true;
    this.#queue.unwant(this);
    for (let item = this.#held.shift(); item !== null; item = this.#held.shift()) this.#queue.giveBack(item);
  }

  #want(): void {
    if (this.#wants || this.#isOver || this.#held.size >= this.#ahead) return;
    this.#wants = true;
    this.#queue.want(this);
  }
}
