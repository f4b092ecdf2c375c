import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DialError, type Link, type LinkEnd, type LinkOptions } from "../../../../src/wire/circuit/link.js";
import type { Packet } from "../../../../src/wire/circuit/packet.js";
import { MemoryNetwork } from "../../../../src/wire/memory/links.js";
import { VirtualClock } from "../../../helpers/virtual-clock.js";

const OPTIONS: LinkOptions = { keys: [], silence: 5000 };

class Seen {
  readonly packets: Packet[] = [];
  readonly ends: LinkEnd[] = [];

  constructor(link: Link) {
    link.start({ packet: (packet) => this.packets.push(packet), ended: (end) => this.ends.push(end) });
  }
}

async function connected(): Promise<{ clock: VirtualClock; network: MemoryNetwork; near: Link; far: Link }> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const accepted: Link[] = [];
  await network
    .host("b")
    .listen("tcp://b:1", OPTIONS, { accepted: (link) => accepted.push(link), refused: (message) => assert.equal(message, "") });
  const near = await network.host("a").dial("tcp://b:1", { ...OPTIONS, timeout: 1000 });
  const [far] = accepted;
  assert.ok(far !== undefined);
  return { clock, network, near, far };
}

const credit = (bytes: number): Packet => ({ kind: "credit", call: 1, mine: true, bytes });

describe("links of memory", () => {
  it("hand packets over in order, later, also those that came before the start", async () => {
    const { clock, near, far } = await connected();
    near.send(credit(1));
    near.send({ kind: "result", call: 1, value: { here: 1, gone: undefined } });
    await clock.pass(0);
    const seen = new Seen(far);
    near.send(credit(2));
    assert.deepEqual(seen.packets, []);
    await clock.pass(0);
    assert.deepEqual(seen.packets, [credit(1), { kind: "result", call: 1, value: { here: 1 } }, credit(2)]);
  });

  it("say good-bye after what was sent before", async () => {
    const { clock, near, far } = await connected();
    const [mine, theirs] = [new Seen(near), new Seen(far)];
    near.send(credit(1));
    near.close("done");
    near.close("done again");
    near.send(credit(2));
    await clock.pass(0);
    assert.deepEqual(theirs.packets, [credit(1)]);
    assert.deepEqual(theirs.ends, [{ kind: "bye", message: "done" }]);
    assert.deepEqual(mine.ends, [{ kind: "closed", message: "done" }]);
  });

  it("are lost to both ends when they are cut, with what was on its way", async () => {
    const { clock, network, near, far } = await connected();
    const seen = [new Seen(near), new Seen(far)];
    near.send(credit(1));
    network.cut("tcp://b:1");
    await clock.pass(0);
    assert.deepEqual(
      seen.map(({ packets, ends }) => [packets.length, ends.map(({ kind }) => kind)]),
      [
        [0, ["lost"]],
        [0, ["lost"]],
      ],
    );
  });

  it("keep what was sent over a pulled cable until it is plugged in again", async () => {
    const { clock, network, near, far } = await connected();
    const [mine, theirs] = [new Seen(near), new Seen(far)];
    network.partition(["a"]);
    near.send(credit(1));
    await clock.pass(4000);
    assert.deepEqual([theirs.packets, mine.ends, theirs.ends], [[], [], []]);
    network.heal();
    await clock.pass(4000);
    assert.deepEqual([theirs.packets, mine.ends, theirs.ends], [[credit(1)], [], []]);
    assert.equal(clock.armed, 0);
  });

  it("fall silent where the cable stays out, and cannot be dialled meanwhile", async () => {
    const { clock, network, near, far } = await connected();
    const [mine, theirs] = [new Seen(near), new Seen(far)];
    network.partition(["a"], ["b"]);
    const dialled = network.host("a").dial("tcp://b:1", { ...OPTIONS, timeout: 1000 });
    const refused = assert.rejects(dialled, (error) => error instanceof DialError && error.kind === "timeout");
    await clock.pass(5000);
    await refused;
    assert.deepEqual([mine.ends[0]?.kind, theirs.ends[0]?.kind], ["silent", "silent"]);
    assert.equal(clock.armed, 0);
  });

  it("are refused without a common key, and where nobody listens", async () => {
    const network = new MemoryNetwork(new VirtualClock());
    const refusals: string[] = [];
    const handler = { accepted: () => undefined, refused: (message: string) => refusals.push(message) };
    const [one, other] = [Uint8Array.of(1), Uint8Array.of(2)];
    const listener = await network.host("b").listen("tcp://b:0", { keys: [one], silence: 1 }, handler);
    const dial = (keys: readonly Uint8Array[]): Promise<Link> =>
      network.host("a").dial(listener.endpoint, { keys, silence: 1, timeout: 1 });
    await dial([other, one]);
    for (const keys of [[], [other]]) await assert.rejects(dial(keys), { name: "DialError", kind: "refused-key" });
    await listener.rekey([other]);
    await dial([other]);
    assert.equal(refusals.length, 2);
    await listener.close();
    await assert.rejects(dial([other]), { name: "DialError", kind: "unreachable" });
  });
});
