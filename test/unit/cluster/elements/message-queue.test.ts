import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MessageQueue, type Item, type Message, type Taker } from "../../../../src/cluster/elements/message-queue.js";
import { CircuitError } from "../../../../src/wire/circuit/errors.js";
import type { Random } from "../../../../src/core/ports.js";
import { chance } from "../../../helpers/virtual-circuit.js";

function message(size: number, rest: Message["rest"] = null): Message {
  return { parts: [new Uint8Array(size)], size, rest };
}

/** What the slowest and simplest queue would do with the same history. */
class Model {
  readonly told: string[] = [];
  sent = 0;
  received = 0;
  entered = 0;
  closed = false;
  takers: number[] = [];
  items: { number: number; size: number; large: boolean; stored: boolean; settled: boolean; taken: boolean; begun: boolean }[] = [];
  readonly #capacity: number;
  readonly #bytes: number;

  constructor(capacity: number, bytes: number) {
    this.#capacity = capacity;
    this.#bytes = bytes;
  }

  get stored() {
    return this.items.filter(({ stored, large }) => stored && !large);
  }

  remove(number: number): void {
    this.items = this.items.filter((item) => item.number !== number);
  }

  turn(): void {
    for (const item of this.items) {
      if (item.stored || (item.settled && !item.stored)) continue;
      const bytes = this.stored.reduce((sum, { size }) => sum + size, item.size);
      if (this.items.filter(({ stored }) => stored).length >= this.#capacity || bytes > this.#bytes) break;
      item.stored = true;
      if (item.large) continue;
      item.settled = true;
      this.sent += 1;
      this.told.push(`${item.number} accepted`);
    }
    for (;;) {
      const [next] = this.items.filter(({ taken }) => !taken);
      if (next === undefined || this.takers.length === 0) break;
      next.taken = true;
      this.told.push(`${next.number} to ${this.takers.shift() ?? "nobody"}`);
    }
    if (this.closed && this.items.length === 0 && this.entered === 0) {
      for (const taker of this.takers.splice(0)) this.told.push(`closed to ${taker}`);
    }
  }
}

/** One history, of the queue and of the model side by side. */
class History {
  readonly model: Model;
  readonly queue: MessageQueue;
  readonly told: string[] = [];
  readonly acknowledged: number[] = [];
  readonly #random: Random;
  readonly #entered: { item: Item; number: number }[] = [];
  readonly #placed: { item: Item; number: number }[] = [];
  readonly #held: { item: Item; number: number }[] = [];
  readonly #numbers = new Map<Item, number>();
  readonly #takers = new Map<number, Taker>();
  #count = 0;

  constructor(random: Random) {
    const capacity = Math.floor(random() * 4);
    this.#random = random;
    this.queue = new MessageQueue(capacity, 100);
    this.model = new Model(capacity, 100);
  }

  step(): void {
    const acts = [
      this.#enter,
      this.#place,
      this.#place,
      this.#leave,
      this.#want,
      this.#want,
      this.#unwant,
      this.#acknowledge,
      this.#giveBack,
    ];
    const act = this.#random() < 0.01 ? this.#close : this.#pick(acts);
    act?.call(this);
    this.model.turn();
    this.compare();
  }

  compare(): void {
    const { model } = this;
    // What is told within one turn has no order of its own between senders and takers.
    assert.deepEqual(this.told.toSorted(), model.told.toSorted());
    const gives = (told: readonly string[]) => told.filter((line) => line.includes(" to "));
    assert.deepEqual(gives(this.told), gives(model.told));
    assert.deepEqual(this.queue.figures(), {
      sent: model.sent,
      received: model.received,
      stored: model.stored.length,
      bytes: model.stored.reduce((sum, { size }) => sum + size, 0),
      senders: model.items.filter(({ settled, stored, large }) => (!settled && !stored) || (stored && large)).length,
      takers: model.takers.length,
    });
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }

  #take<T>(list: T[]): T | undefined {
    return list.splice(Math.floor(this.#random() * list.length), 1)[0];
  }

  #enter(): void {
    if (this.model.closed) {
      assert.throws(() => this.queue.enter(), CircuitError);
      return;
    }
    this.#count += 1;
    this.model.entered += 1;
    this.#entered.push({ item: this.queue.enter(), number: this.#count });
  }

  #place(): void {
    const entered = this.#take(this.#entered);
    if (entered === undefined) return this.#enter();
    const { item, number } = entered;
    const size = Math.floor(this.#random() * 60);
    const large = this.#random() < 0.2;
    this.model.entered -= 1;
    this.model.items.push({ number, size, large, stored: false, settled: false, taken: false, begun: false });
    this.#placed.push(entered);
    this.#numbers.set(item, number);
    const tell = (what: string) => () => void this.told.push(`${number} ${what}`);
    this.queue.place(item, message(size, large ? async () => null : null), { accepted: tell("accepted"), aborted: tell("aborted") });
  }

  #leave(): void {
    const coming = this.#random() < 0.3;
    const one = this.#take(coming ? this.#entered : this.#placed);
    if (one === undefined) return;
    if (coming) this.model.entered -= 1;
    const known = this.model.items.find(({ number }) => number === one.number);
    if (known !== undefined && !known.settled) {
      known.settled = true;
      if (!known.taken) this.model.remove(one.number);
    }
    this.queue.leave(one.item);
  }

  #want(): void {
    this.#count += 1;
    const taker = this.#count;
    this.model.takers.push(taker);
    const own: Taker = {
      give: (item) => {
        const number = this.#numbers.get(item) ?? 0;
        this.told.push(`${number} to ${taker}`);
        this.#takers.delete(taker);
        this.#held.push({ item, number });
      },
      closed: () => {
        this.told.push(`closed to ${taker}`);
        this.#takers.delete(taker);
      },
    };
    this.#takers.set(taker, own);
    this.queue.want(own);
  }

  #unwant(): void {
    const taker = this.#pick([...this.#takers.keys()]);
    const own = this.#takers.get(taker ?? 0);
    if (own === undefined) return;
    this.#takers.delete(taker ?? 0);
    this.model.takers = this.model.takers.filter((one) => one !== taker);
    this.queue.unwant(own);
  }

  #acknowledge(): void {
    const held = this.#take(this.#held);
    if (held === undefined) return;
    const known = this.model.items.find(({ number }) => number === held.number);
    assert.ok(known, "what is held is there");
    if (!known.settled) this.model.told.push(`${held.number} accepted`);
    if (!known.stored || known.large) this.model.sent += 1;
    this.model.received += 1;
    this.model.remove(held.number);
    this.acknowledged.push(held.number);
    this.queue.acknowledge(held.item);
  }

  #giveBack(): void {
    const held = this.#take(this.#held);
    if (held === undefined) return;
    const known = this.model.items.find(({ number }) => number === held.number);
    assert.ok(known, "what is held is there");
    known.taken = false;
    if (known.large && this.#random() < 0.5) {
      known.begun = true;
      held.item.begun = true;
    }
    const isOrphan = known.settled && (!known.stored || known.large);
    if (known.begun || isOrphan) {
      this.model.remove(held.number);
      if (!known.settled) this.model.told.push(`${held.number} aborted`);
    }
    this.queue.giveBack(held.item);
  }

  #close(): void {
    if (this.model.closed) {
      assert.throws(() => this.queue.close(), /already closed/);
      return;
    }
    this.model.closed = true;
    this.queue.close();
  }
}

describe("a queue of messages", () => {
  it("does in any history what the simplest queue does: nothing is lost, nothing comes twice, nothing overtakes", () => {
    for (let seed = 1; seed <= 80; seed += 1) {
      const history = new History(chance(seed));
      for (let step = 0; step < 150; step += 1) history.step();
      assert.equal(new Set(history.acknowledged).size, history.acknowledged.length);
    }
  });
});
