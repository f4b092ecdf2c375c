/** The data of a call on its receiving side: kept until it is read, credited as it is used. */
import { CircuitError } from "../wire/circuit/errors.js";
import type { Part } from "../wire/circuit/packet.js";
import type { Line } from "./line.js";

export interface Arrived {
  readonly part: Part;
  readonly cost: number;
}

/** One of a chain: there may be very many, and they come and go at both ends. */
interface Kept extends Arrived {
  part: Part;
  cost: number;
  /** Where its bytes stand, with room for more; null where it is as it came. */
  store: Uint8Array | null;
  next: Kept | null;
}

/** Where so many parts wait, bytes that come in small pieces are put together: each by itself would cost hundreds of bytes more. */
const MANY = 64;
const SMALL = 256;
const TOGETHER = 16 * 1024;

interface Reader {
  readonly resolve: (result: IteratorResult<Part, undefined>) => void;
  readonly reject: (error: CircuitError) => void;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class Inflow implements AsyncIterableIterator<Part> {
  readonly #line: Line;
  #first: Kept | null = null;
  #last: Kept | null = null;
  /** How many there are in the chain. */
  #waiting = 0;
  /** Of the part that the reader has at the moment. */
  #inHand = 0;
  #ended = false;
  #left = false;
  #failure: CircuitError | null = null;
  #reader: Reader | null = null;

  constructor(line: Line) {
    this.#line = line;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Part, undefined>> {
    this.#putDown();
    const arrived = this.#take();
    if (arrived !== null) {
      this.#inHand = arrived.cost;
      return Promise.resolve({ done: false, value: arrived.part });
    }
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#ended || this.#left) {
      this.#line.flush();
      return Promise.resolve(DONE);
    }
    if (this.#reader !== null) return Promise.reject(new CircuitError("busy", `Somebody reads the data of "${this.#line.method}" already`));
    this.#line.flushSoon();
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  /** The reader has left its loop: what was used is credited, and nothing else is wanted. */
  return(): Promise<IteratorResult<Part, undefined>> {
    this.#putDown();
    this.#line.flush();
    this.#left = true;
    this.#forget();
    return Promise.resolve(DONE);
  }

  get isDrained(): boolean {
    return this.#ended && this.#first === null;
  }

  arrive(part: Part, cost: number): void {
    if (this.#left || this.#failure !== null) return;
    if (this.#reader === null) {
      if (this.#waiting < MANY || this.#last === null || !isAdded(this.#last, part, cost)) {
        this.#keep({ part, cost, store: null, next: null });
      }
    } else {
      this.#inHand = cost;
      this.#wake().resolve({ done: false, value: part });
    }
  }

  /** Nothing more comes. */
  finish(): void {
    if (this.#ended || this.#failure !== null) return;
    this.#ended = true;
    if (this.#reader === null) return;
    this.#line.flush();
    this.#wake().resolve(DONE);
  }

  /** @param now what has arrived is not wanted either */
  fail(error: CircuitError, now: boolean): void {
    if (this.#failure !== null) return;
    if (now) this.#forget();
    // Whoever has heard all of the data need not know how the call ended.
    if (this.#ended && !now) return;
    this.#failure = error;
    if (this.#reader !== null) this.#wake().reject(error);
  }

  /** Takes out what nobody has read, in order to hand it on. */
  empty(): readonly Arrived[] {
    const rest: Arrived[] = [];
    for (let kept = this.#first; kept !== null; kept = kept.next) rest.push(kept);
    this.#putDown();
    this.#line.flush();
    this.#left = true;
    this.#forget();
    return rest;
  }

  #keep(kept: Kept): void {
    if (this.#last === null) this.#first = kept;
    else this.#last.next = kept;
    this.#last = kept;
    this.#waiting += 1;
  }

  #take(): Arrived | null {
    const taken = this.#first;
    if (taken === null) return null;
    this.#first = taken.next;
    if (taken.next === null) this.#last = null;
    this.#waiting -= 1;
    return taken;
  }

  #putDown(): void {
    if (this.#inHand === 0) return;
    this.#line.use(this.#inHand);
    this.#inHand = 0;
  }

  #forget(): void {
    this.#first = null;
    this.#last = null;
    this.#waiting = 0;
  }

  #wake(): Reader {
    const reader = this.#reader;
    if (reader === null) throw new Error("internal: nobody waits for the data");
    this.#reader = null;
    return reader;
  }
}

/** Puts small bytes behind those that wait already. @returns false where they are to wait by themselves */
function isAdded(last: Kept, { value, body }: Part, cost: number): boolean {
  const { value: before, body: bytes } = last.part;
  const length = bytes.length + body.length;
  if (value !== undefined || before !== undefined || body.length >= SMALL || length > TOGETHER) return false;
  if (last.store === null || last.store.length < length) {
    last.store = new Uint8Array(Math.min(TOGETHER, 2 * length));
    last.store.set(bytes);
  }
  last.store.set(body, bytes.length);
  last.part = { body: last.store.subarray(0, length) };
  last.cost += cost;
  return true;
}
