import assert from "node:assert/strict";
import test from "node:test";
import type { Conversation } from "../../../../src/circuit/conversation.js";
import { Ways } from "../../../../src/cluster/serf/ways.js";
import type { Member } from "../../../../src/core/circuit/member.js";
import type { LinkEnd } from "../../../../src/wire/circuit/link.js";
import { chance } from "../../../helpers/virtual-circuit.js";
import { VirtualClock } from "../../../helpers/virtual-clock.js";

function member(number: number): Member {
  const digits = number.toString(16).padStart(16, "0");
  const address = `circuit://10.0.0.${number}:11022/1/Q${digits}`;
  const facts = { labels: {}, version: "1.0.0", started: 1, revision: 0, circusd: true };
  return { id: `X${digits}`, worker: `Q${digits}`, address, name: `h${number}`, ...facts };
}

const OTHER = member(2);

/** Links that are made when the test says so. */
class Stage {
  readonly clock = new VirtualClock();
  readonly slow: boolean[] = [];
  dials = 0;
  closed: readonly string[] = [];
  isIdle = true;
  /** Who answers; null for nobody. */
  there: Member | null = OTHER;
  end: (end: LinkEnd) => void = () => undefined;
  readonly ways = new Ways({
    clock: this.clock,
    random: chance(1),
    self: () => member(1),
    answers: (_worker, isSlow) => this.slow.push(isSlow),
    current: () => OTHER,
    dial: async () => {
      this.dials += 1;
      await this.clock.yield();
      if (this.there === null) throw new Error("nobody answers");
      return { conversation: this.#link(), member: this.there };
    },
  });

  #link(): Conversation {
    const ended = new Promise<LinkEnd>((resolve) => (this.end = resolve));
    const refuse = (): never => {
      throw new Error("nobody asks it anything");
    };
    const isIdle = (): boolean => this.isIdle;
    const close = (reason: string): void => void (this.closed = [...this.closed, reason]);
    return {
      peer: "",
      end: null,
      ended,
      get isIdle() {
        return isIdle();
      },
      open: refuse,
      ask: refuse,
      relay: refuse,
      close,
    };
  }
}

test("a link is made when it is needed, once for all who need it, and kept while it is used", async () => {
  const stage = new Stage();
  const [one, other] = await Promise.all([stage.ways.reach(OTHER, 1000), stage.ways.reach(OTHER, 1000)]);
  assert.ok(one.ok && other.ok);
  assert.equal(one.value, other.value);
  assert.equal(stage.dials, 1);
  stage.isIdle = false;
  await stage.clock.advance(120);
  assert.deepEqual(stage.closed, []);
  stage.isIdle = true;
  stage.ways.hold([OTHER.worker]);
  await stage.clock.advance(120);
  assert.deepEqual(stage.closed, []);
  stage.ways.hold([]);
  await stage.clock.advance(20);
  assert.deepEqual(stage.closed, ["nobody has used it for a while"]);
  stage.ways.close("good-bye");
  assert.equal(stage.clock.armed, 0);
});

test("one that cannot be reached is slow, and tried again until it answers", async () => {
  const stage = new Stage();
  stage.there = null;
  const missed = await stage.ways.reach(OTHER, 1000);
  assert.ok(!missed.ok);
  assert.match(missed.failure, /Server "h2" cannot be reached: nobody answers/);
  await stage.clock.advance(2);
  assert.ok(stage.slow.length > 1);
  assert.ok(stage.slow.every((isSlow) => isSlow));
  stage.there = OTHER;
  await stage.clock.advance(5);
  assert.equal(stage.slow.at(-1), false);
  stage.end({ kind: "lost", message: "" });
  await stage.clock.advance(1);
  assert.equal(stage.ways.get(OTHER.worker), null);
  stage.ways.close("good-bye");
});

test("another program at the address of a server is not taken for it", async () => {
  const stage = new Stage();
  stage.there = member(3);
  const reached = await stage.ways.reach(OTHER, 1000);
  assert.ok(!reached.ok);
  assert.match(reached.failure, /Another server than "h2" answers/);
  assert.deepEqual(stage.closed, ["it leads to another server"]);
  stage.ways.close("good-bye");
});
