import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { converse } from "../../../src/circuit/converse.js";
import type { Conversation, IncomingCall, Stream } from "../../../src/circuit/conversation.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import type { Link } from "../../../src/wire/circuit/link.js";
import { MAX_PART, WINDOW, type Part } from "../../../src/wire/circuit/packet.js";
import { MemoryNetwork } from "../../../src/wire/memory/links.js";
import { VirtualClock } from "../../helpers/virtual-clock.js";

const utf8 = { of: (text: string) => new TextEncoder().encode(text), text: (bytes: Uint8Array) => new TextDecoder().decode(bytes) };

interface Pair {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  /** Opens calls… */
  readonly near: Conversation;
  /** …which come out here. */
  readonly far: Conversation;
}

async function linked(network: MemoryNetwork, endpoint = "tcp://b:1"): Promise<{ near: Link; far: Link }> {
  const accepted: Link[] = [];
  const options = { keys: [], silence: 5000 };
  const handler = { accepted: (link: Link) => accepted.push(link), refused: () => undefined };
  await network.host("b").listen(endpoint, options, handler);
  const near = await network.host("a").dial(endpoint, { ...options, timeout: 1000 });
  const [far] = accepted;
  assert.ok(far !== undefined);
  return { near, far };
}

async function talking(onCall: (incoming: IncomingCall) => void, limit = 100): Promise<Pair> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock);
  const { near, far } = await linked(network);
  return {
    clock,
    network,
    near: converse(near, { clock, onCall: (incoming) => incoming.fail("unknown-method", "none here") }),
    far: converse(far, { clock, onCall, limit }),
  };
}

const failsWith = (code: string) => (error: unknown) => error instanceof CircuitError && error.code === code;

async function read(stream: Stream): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream.parts()) parts.push(part);
  return parts;
}

describe("a conversation", () => {
  it("brings a call to the other side and its answer back", async () => {
    const { near } = await talking((incoming) => {
      assert.deepEqual([incoming.method, incoming.params, incoming.to, incoming.isDrained], ["wait", { path: ["a"] }, "X1", true]);
      incoming.reply({ stat: 7 });
      incoming.reply({ stat: 8 });
    });
    assert.deepEqual(await near.ask("wait", { path: ["a"] }, { to: "X1" }), { stat: 7 });
  });

  it("fails a call with the other side's error, and one whose answer is none", async () => {
    const { near } = await talking((incoming) => {
      if (incoming.method === "ping") incoming.fail("occupied", "no room");
      else incoming.reply({ element: 3 });
    });
    await assert.rejects(near.ask("ping", {}), { code: "occupied", message: "no room" });
    await assert.rejects(near.ask("make.channel", { path: ["a"], capacity: 1 }), { code: "internal", message: /"element"/ });
  });

  it("fails the call that its handler throws at", async () => {
    const { near } = await talking(() => {
      throw new Error("oops");
    });
    await assert.rejects(near.ask("ping", {}), { code: "internal", message: /oops/ });
  });

  it("refuses what is more than the limit, and takes calls again afterwards", async () => {
    const waiting: IncomingCall[] = [];
    const { near, clock } = await talking((incoming) => waiting.push(incoming), 2);
    const first = [near.ask("ping", {}), near.ask("ping", {})];
    await assert.rejects(near.ask("ping", {}), failsWith("overload"));
    for (const one of waiting.splice(0)) one.reply({});
    await Promise.all(first);
    const last = near.ask("ping", {});
    await clock.pass(0);
    waiting[0]?.reply({});
    await last;
  });

  it("moves data in both directions, in order, however large the parts", async () => {
    const { near } = await talking((incoming) => {
      void (async () => {
        for await (const part of incoming.parts()) await incoming.send(part);
        incoming.end();
        incoming.reply({});
      })();
    });
    const call = near.open("stdin", { path: ["a"] }, { body: new Uint8Array(MAX_PART + 1).fill(1), ended: false });
    const echoed = read(call);
    await call.send({ body: new Uint8Array(0) });
    await call.send({ value: { note: true }, body: utf8.of("x") });
    await Promise.all([1, 2, 3].map((byte) => call.send({ body: new Uint8Array(2 * WINDOW).fill(byte) })));
    call.end();
    await call.result;
    const parts = await echoed;
    assert.deepEqual(parts[2], { value: { note: true }, body: utf8.of("x") });
    const bytes = Buffer.concat(parts.map(({ body }) => body));
    const wanted = [new Uint8Array(MAX_PART + 1).fill(1), utf8.of("x"), ...[1, 2, 3].map((byte) => new Uint8Array(2 * WINDOW).fill(byte))];
    assert.ok(bytes.equals(Buffer.concat(wanted)));
  });
});
