/** Many calls at once, each doing whatever it likes, held against what each side knows to be true. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Conversation, IncomingCall, OpenOptions, Stream } from "../../../src/circuit/conversation.js";
import type { Link, LinkHandler } from "../../../src/wire/circuit/link.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import { MAX_PART, type Packet } from "../../../src/wire/circuit/packet.js";
import { bytes, Circuit, refuse } from "../../helpers/conversations.js";

type Random = () => number;

/** Mulberry32. */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const POOL = bytes(MAX_PART);

/** What one direction of a call has done. */
interface Direction {
  sent: number;
  received: number;
  bytesSent: number;
  bytesReceived: number;
  ended: boolean;
  /** Its reader left before the end. */
  left: boolean;
}

const direction = (): Direction => ({ sent: 0, received: 0, bytesSent: 0, bytesReceived: 0, ended: false, left: false });

interface Life {
  readonly up: Direction;
  readonly down: Direction;
  /** `open`, `done`, or the code of its error. */
  outcome: string;
  /** The other side has answered with a result. */
  answered: boolean;
}

class Story {
  readonly lives: Life[] = [];
  readonly #random: Random;
  readonly #circuit: Circuit;

  constructor(random: Random, circuit: Circuit) {
    this.#random = random;
    this.#circuit = circuit;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  /** A moment, often none. */
  async pause(): Promise<void> {
    for (let turns = this.below(4); turns > 0; turns -= 1) await this.#circuit.clock.yield();
  }

  /** Numbered parts of all sizes, some waited for and some not. */
  async send(stream: Stream, one: Direction): Promise<void> {
    const waiting: Promise<void>[] = [];
    // Some directions are of small parts alone, others of far more than there is credit for.
    const largest = this.below(2) === 0 ? 200 : MAX_PART;
    for (let count = this.below(20); count > 0; count -= 1) {
      const size = this.below(this.below(4) === 0 ? 200 : largest);
      one.sent += 1;
      one.bytesSent += size;
      const sent = stream.send({ value: one.sent, body: POOL.subarray(0, size) });
      waiting.push(sent);
      sent.catch(() => undefined);
      if (this.below(3) > 0) await sent;
      if (this.below(3) === 0) await this.pause();
    }
    stream.end();
    await Promise.all(waiting);
  }

  async receive(stream: Stream, one: Direction): Promise<void> {
    const leavesAfter = this.below(8) === 0 ? this.below(5) : Infinity;
    for await (const { value, body } of stream.parts()) {
      assert.equal(value, one.received + 1, "a part is missing, came twice or out of order");
      one.received += 1;
      one.bytesReceived += body.length;
      if (one.received > leavesAfter) {
        one.left = true;
        return;
      }
      await this.pause();
    }
    one.ended = true;
  }

  async call(conversation: Conversation, to: string | null): Promise<void> {
    const life: Life = { up: direction(), down: direction(), outcome: "open", answered: false };
    const id = String(this.lives.push(life) - 1);
    const abort = new AbortController();
    const deadline = this.below(6) === 0 ? this.below(40) : null;
    const options: OpenOptions = { to, ended: false, deadline, signal: abort.signal };
    const call = conversation.open("wait", { path: [id] }, options);
    const reading = this.receive(call, life.down).then(() => {
      // What is not read is not credited, so that the other side would wait for ever.
      if (life.down.left) call.cancel("enough");
    });
    const work = Promise.allSettled([this.send(call, life.up), reading]);
    if (this.below(6) === 0) {
      await this.pause();
      if (this.below(2) === 0) abort.abort();
      else call.cancel("on a whim");
    }
    try {
      assert.deepEqual(await call.result, { stat: id });
      life.outcome = "done";
    } catch (error) {
      assert.ok(error instanceof CircuitError);
      life.outcome = error.code;
    }
    for (const one of await work) if (one.status === "rejected") assert.ok(one.reason instanceof CircuitError, String(one.reason));
  }

  async answer(incoming: IncomingCall): Promise<void> {
    const [id] = pathOf(incoming.params);
    const life = this.lives[Number(id)];
    assert.ok(life !== undefined);
    try {
      await Promise.all([this.receive(incoming, life.up), this.send(incoming, life.down)]);
      if (this.below(10) === 0) incoming.fail("busy", "on a whim");
      else {
        life.answered = true;
        incoming.reply({ stat: id });
      }
    } catch (error) {
      assert.ok(error instanceof CircuitError, String(error));
      incoming.fail("aborted", "what it needed went away");
    }
  }

  /** What has to be true when all is over. */
  check(): void {
    for (const { up, down, outcome, answered } of this.lives) {
      assert.notEqual(outcome, "open");
      for (const one of [up, down]) {
        assert.ok(one.received <= one.sent && one.bytesReceived <= one.bytesSent);
        if (outcome === "done" && !one.left) assert.deepEqual([one.received, one.bytesReceived], [one.sent, one.bytesSent]);
      }
      if (outcome === "done") assert.ok(answered);
    }
  }
}

function pathOf(params: unknown): readonly unknown[] {
  return typeof params === "object" && params !== null && "path" in params && Array.isArray(params.path) ? params.path : [];
}

/** Counts what passes a link in the direction of one end, and can be asked to do something at a packet. */
class Tap implements Link {
  readonly peer: string;
  readonly #link: Link;
  readonly #sent: () => void;

  constructor(link: Link, sent: () => void) {
    this.peer = link.peer;
    this.#link = link;
    this.#sent = sent;
  }

  start(handler: LinkHandler): void {
    this.#link.start(handler);
  }

  send(packet: Packet): void {
    this.#link.send(packet);
    this.#sent();
  }

  close(reason: string): void {
    this.#link.close(reason);
  }
}

describe("many calls at once", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`lose nothing, get nothing twice, and keep the order, come what may (seed ${seed})`, async () => {
      const circuit = new Circuit();
      const story = new Story(seeded(seed), circuit);
      const answer = (incoming: IncomingCall): void => void story.answer(incoming);
      const { caller, relay, target } = await circuit.chain(answer, answer);
      const calls: Promise<void>[] = [];
      for (let count = 0; count < 60; count += 1) {
        calls.push(story.call(story.below(3) === 0 ? target : caller, story.below(2) === 0 ? "X00000000000000cc" : null));
        if (story.below(4) === 0) await story.pause();
      }
      const all = Promise.all(calls).then(() => "done");
      for (let turn = 0; turn < 200 && (await Promise.race([all, circuit.clock.pass(1)])) !== "done"; turn += 1);
      assert.equal(await all, "done");
      story.check();
      // Whoever had sent more than there was credit for would have lost the link.
      assert.deepEqual([caller.end, relay.end, target.end], [null, null, null]);
      await circuit.clock.pass(0);
      assert.ok(caller.isIdle && relay.isIdle && target.isIdle);
      const outcomes = new Set(story.lives.map(({ outcome }) => outcome));
      assert.ok(outcomes.has("done") && outcomes.has("cancelled"), [...outcomes].join());
    });
  }

  it("all come to an end wherever a link breaks", async () => {
    let packets = 0;
    for (let at = 1; at <= 60; at += 1) {
      for (const broken of ["tcp://b:1", "tcp://c:1"]) {
        const circuit = new Circuit();
        const story = new Story(seeded(at), circuit);
        const [outer, inner] = [await circuit.link("a", "b"), await circuit.link("b", "c")];
        packets = 0;
        const tap = (link: Link): Link =>
          new Tap(link, () => {
            packets += 1;
            if (packets === at) circuit.network.cut(broken);
          });
        const answers: Promise<void>[] = [];
        circuit.converse(tap(inner.far), (incoming) => answers.push(story.answer(incoming)));
        const target = circuit.converse(tap(inner.near), refuse);
        circuit.converse(tap(outer.far), (incoming) => target.relay(incoming));
        const caller = circuit.converse(tap(outer.near), refuse);
        await Promise.all([0, 1, 2].map(() => story.call(caller, "X00000000000000cc")));
        await Promise.all(answers);
        story.check();
        caller.close("done");
        target.close("done");
        await circuit.clock.pass(0);
        assert.equal(circuit.clock.armed, 0);
      }
    }
  });
});
