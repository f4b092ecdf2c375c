/**
 * The messages of a channel, who sends them and who takes them: what decides, without waiting for anything.
 *
 * A message has its place from the moment it arrived whole, or proved too large to be kept. It goes to one taker at a
 * time and stays here until that one acknowledged it; given back, it is the next to be taken. The first `capacity` of
 * them are *stored*: their senders were told that they are safe. The others wait, in order, for a place or for a taker.
 *
 *     entered --place--> waiting --room--> stored --acknowledged--> gone
 *        |                  |                         (also from waiting: the sender is told then)
 *        +-----leave--------+--> gone: a sender that goes away before it was told takes its message along
 */
import { CircuitError } from "../../wire/circuit/errors.js";
import { Fifo, type Place } from "../../core/fifo.js";

/** Bytes that a queue stores at most; beyond, senders wait even where there is room for more messages. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface Message {
  readonly parts: readonly Uint8Array[];
  /** Bytes of all parts. */
  readonly size: number;
  /** The next part of what is too large to be kept, null after the last one; null where the message is whole. */
  readonly rest: (() => Promise<Uint8Array | null>) | null;
}

/** Who is told, at most once, what became of a message. */
export interface Sender {
  /** It is stored, or a receiver acknowledged it. */
  accepted(): void;
  /** Its receiver went away in the middle of what is not kept. */
  aborted(): void;
}

export interface Taker {
  /** Has it from now on, until it is acknowledged or given back. It is asked again only when it wants another one. */
  give(item: Item): void;
  /** There will be no more. */
  closed(): void;
}

/** One message on its way, and the place of its sender. */
export class Item {
  message: Message = { parts: [], size: 0, rest: null };
  sender: Sender | null = null;
  /** In the order of which messages are given; 0 before it has arrived. */
  order = 0;
  state: "entered" | "present" | "gone" = "entered";
  /** Its sender was told, or wants to hear nothing any more. */
  settled = false;
  /** Counted as sent. */
  counted = false;
  stored = false;
  taken = false;
  /** Something of what is not kept has been asked for, so that nobody else can have it whole. */
  begun = false;
  fresh: Place<Item> | null = null;
  waiting: Place<Item> | null = null;

  /** The next part of what is not kept; null after the last one. @throws CircuitError `aborted` when the sender went away */
  async pull(): Promise<Uint8Array | null> {
    if (this.message.rest === null) return null;
    this.begun = true;
    try {
      return await this.message.rest();
    } catch (cause) {
      throw new CircuitError("aborted", "The sender went away in the middle of the message", { cause });
    }
  }
}

export interface QueueFigures {
  readonly sent: number;
  readonly received: number;
  /** Messages and bytes that are safe and not yet acknowledged. */
  readonly stored: number;
  readonly bytes: number;
  /** Messages whose senders wait to be told, and takers that wait for a message. */
  readonly senders: number;
  readonly takers: number;
}

export class MessageQueue {
  readonly #capacity: number;
  readonly #mostBytes: number;
  /** Never taken so far. */
  readonly #fresh = new Fifo<Item>();
  /** Given back; all of them come before the fresh ones. */
  readonly #returned: Item[] = [];
  readonly #waiting = new Fifo<Item>();
  readonly #takers = new Set<Taker>();
  readonly #onClose = new Set<() => void>();
  #order = 0;
  /** Items that have entered and not arrived, and those that are present. */
  #entered = 0;
  #present = 0;
  #stored = 0;
  #kept = 0;
  #bytes = 0;
  #sent = 0;
  #received = 0;
  #closed = false;
  #isTurning = false;
  #isStale = false;
  #scrubbed = false;

  constructor(capacity: number, mostBytes = MOST_BYTES) {
    this.#capacity = capacity;
    this.#mostBytes = mostBytes;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether there is room for one more message at once. */
  get hasRoom(): boolean {
    return this.#stored < this.#capacity;
  }

  figures(): QueueFigures {
    const { size: senders } = this.#waiting;
    const large = this.#stored - this.#kept;
    return {
      sent: this.#sent,
      received: this.#received,
      stored: this.#kept,
      bytes: this.#bytes,
      senders: senders + large,
      takers: this.#takers.size,
    };
  }

  /** A sender begins a message. @throws CircuitError `closed` */
  enter(): Item {
    if (this.#closed) throw new CircuitError("closed", "The channel is closed");
    this.#entered += 1;
    return new Item();
  }

  /** The message of an item has arrived: its sender is told when it is safe. */
  place(item: Item, message: Message, sender: Sender): void {
    if (item.state !== "entered" || this.#scrubbed) return;
    this.#entered -= 1;
    this.#present += 1;
    this.#order += 1;
    Object.assign(item, { message, sender, order: this.#order, state: "present" });
    item.waiting = this.#waiting.push(item);
    item.fresh = this.#fresh.push(item);
    this.#turn();
  }

  /** The sender goes away: what it was not told to be safe goes with it, unless somebody is just taking it. */
  leave(item: Item): void {
    if (item.state === "entered") {
      item.state = "gone";
      this.#entered -= 1;
    } else if (item.state === "present" && !item.settled) {
      item.settled = true;
      if (item.waiting !== null) this.#waiting.remove(item.waiting);
      if (!item.taken) this.#drop(item);
    }
    this.#turn();
  }

  /** A taker waits for one message. It has told so once, until it was given one. */
  want(taker: Taker): void {
    this.#takers.add(taker);
    this.#turn();
  }

  unwant(taker: Taker): void {
    this.#takers.delete(taker);
  }

  /** Its taker has used it. */
  acknowledge(item: Item): void {
    if (item.state !== "present") return;
    this.#received += 1;
    this.#count(item);
    this.#settle(item);
    this.#drop(item);
    this.#turn();
  }

  /** Its taker went away: the next one has it, unless it cannot be had whole any more. */
  giveBack(item: Item): void {
    if (item.state !== "present") return;
    item.taken = false;
    const { begun, settled, stored } = item;
    // The sender of a large message may be gone as well; a stored one that is whole needs no sender.
    if (begun || (settled && !(stored && item.message.rest === null))) {
      this.#drop(item);
      if (!settled) item.sender?.aborted();
    } else {
      const before = this.#returned.findLastIndex(({ order }) => order < item.order);
      this.#returned.splice(before + 1, 0, item);
    }
    this.#turn();
  }

  /**
   * Nobody may begin a message any more; those that were begun are still carried out.
   * @throws CircuitError `closed` where it is closed already
   */
  close(): void {
    if (this.#closed) throw new CircuitError("closed", "The channel is already closed");
    this.#closed = true;
    for (const tell of [...this.#onClose]) tell();
    this.#turn();
  }

  /** Calls back once when it is closed. @returns how to stop it */
  onClose(tell: () => void): () => void {
    this.#onClose.add(tell);
    return () => void this.#onClose.delete(tell);
  }

  /** Forgets everything; nobody is told. */
  scrub(): void {
    this.#scrubbed = true;
    this.#takers.clear();
    this.#onClose.clear();
    this.#returned.length = 0;
    while (this.#fresh.shift() !== null);
    while (this.#waiting.shift() !== null);
  }

  /** After every change: stores what there is room for, gives what is wanted, and says when there will be no more. */
  #turn(): void {
    // Who is told of a change may make the next one at once: it is seen to in the loop that runs already.
    this.#isStale = true;
    if (this.#isTurning) return;
    this.#isTurning = true;
    while (this.#isStale && !this.#scrubbed) {
      this.#isStale = false;
      this.#store();
      this.#give();
      if (this.#closed && this.#present === 0 && this.#entered === 0) this.#dismiss();
    }
    this.#isTurning = false;
  }

  #give(): void {
    for (const taker of this.#takers) {
      const item = this.#returned.shift() ?? this.#fresh.shift();
      if (item === null) break;
      // Who wants another one stands at the end of the line then, where this loop comes to it again.
      this.#takers.delete(taker);
      item.taken = true;
      taker.give(item);
    }
  }

  #store(): void {
    for (let next = this.#waiting.first; next !== null && this.#fits(next); next = this.#waiting.first) {
      this.#waiting.shift();
      next.stored = true;
      this.#stored += 1;
      if (next.message.rest !== null) continue;
      this.#kept += 1;
      this.#bytes += next.message.size;
      this.#count(next);
      this.#settle(next);
    }
  }

  #fits({ message: { size } }: Item): boolean {
    return this.#stored < this.#capacity && this.#bytes + size <= this.#mostBytes;
  }

  #count(item: Item): void {
    if (!item.counted) this.#sent += 1;
    item.counted = true;
  }

  #settle(item: Item): void {
    if (item.settled) return;
    item.settled = true;
    item.sender?.accepted();
  }

  #drop(item: Item): void {
    item.state = "gone";
    this.#present -= 1;
    if (item.waiting !== null) this.#waiting.remove(item.waiting);
    if (item.fresh !== null) this.#fresh.remove(item.fresh);
    const returned = this.#returned.indexOf(item);
    if (returned !== -1) this.#returned.splice(returned, 1);
    if (!item.stored) return;
    this.#stored -= 1;
    if (item.message.rest !== null) return;
    this.#kept -= 1;
    this.#bytes -= item.message.size;
  }

  #dismiss(): void {
    const takers = [...this.#takers];
    this.#takers.clear();
    for (const taker of takers) taker.closed();
  }
}
