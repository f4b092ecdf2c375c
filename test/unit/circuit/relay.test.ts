import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Call, IncomingCall, OpenOptions } from "../../../src/circuit/conversation.js";
import type { MethodName } from "../../../src/wire/circuit/contract.js";
import { MAX_PART, WINDOW, type Packet } from "../../../src/wire/circuit/packet.js";
import { bytes, Circuit, RawEnd, readAll, refuse, Watched } from "../../helpers/conversations.js";

/** The same, for a server named by the call. */
const TO = { to: "X00000000000000cc" } as const;

async function echo(incoming: IncomingCall): Promise<void> {
  for await (const part of incoming.parts()) await incoming.send(part);
  incoming.end();
  incoming.reply({ stat: incoming.params });
}

/** A caller, a relay and a target whose packets the test writes itself. */
async function rawTarget() {
  const circuit = new Circuit();
  const [outer, inner] = [await circuit.link("a", "b"), await circuit.link("b", "c")];
  const target = circuit.converse(inner.near, refuse);
  const relay = circuit.converse(outer.far, (incoming) => target.relay(incoming));
  const caller = circuit.converse(outer.near, refuse);
  const raw = new RawEnd(inner.far);
  const open = (method: MethodName, options: OpenOptions = {}): Call<MethodName> =>
    caller.open<MethodName>(method, { path: [] }, { deadline: null, ...TO, ...options });
  return { circuit, clock: circuit.clock, caller, relay, target, raw, open };
}

const sum = (packets: readonly { readonly bytes: number }[]): number => packets.reduce((total, packet) => total + packet.bytes, 0);

describe("a relayed call", () => {
  it("is as one that the target was asked directly", async () => {
    const circuit = new Circuit();
    const { caller } = await circuit.chain((incoming) => void echo(incoming));
    const call = caller.open("wait", { path: ["a"] }, { ...TO, ended: false, body: bytes(3) });
    const echoed = readAll(call);
    for (let turn = 0; turn < 5; turn += 1) await call.send({ value: turn, body: bytes(MAX_PART, turn) });
    call.end();
    assert.deepEqual(await call.result, { stat: { path: ["a"] } });
    assert.deepEqual(
      (await echoed).map(({ value, body }) => [value, body.length, body[0]]),
      [[undefined, 3, 1], ...[0, 1, 2, 3, 4].map((turn) => [turn, MAX_PART, turn])],
    );
  });

  it("fails as it failed there", async () => {
    const { caller } = await new Circuit().chain((incoming) => incoming.fail("occupied", "by somebody"));
    await assert.rejects(caller.ask("ping", {}, TO), { code: "occupied", message: "by somebody" });
  });

  it("is handed on with a short message, its method, its server, and what is left of its time", async () => {
    const circuit = new Circuit();
    const [outer, inner] = [await circuit.link("a", "b"), await circuit.link("b", "c")];
    const target = circuit.converse(inner.near, refuse);
    const held: IncomingCall[] = [];
    circuit.converse(outer.far, (incoming) => held.push(incoming));
    const caller = circuit.converse(outer.near, refuse);
    const raw = new RawEnd(inner.far);
    new Watched(caller.ask("send", { path: ["a"] }, { ...TO, body: bytes(5), deadline: 1000 }));
    new Watched(caller.ask("send", { path: ["b"] }, { ...TO, body: bytes(MAX_PART + 5), deadline: null }));
    await circuit.clock.pass(400);
    for (const one of held) target.relay(one);
    await circuit.clock.pass(0);
    const opening = { kind: "open", method: "send", ...TO } as const;
    assert.deepEqual(raw.packets, [
      { ...opening, call: 1, params: { path: ["a"] }, deadline: 600, body: bytes(5), ended: true },
      { ...opening, call: 2, params: { path: ["b"] }, deadline: null, body: bytes(MAX_PART), ended: false },
      { kind: "data", call: 2, mine: true, part: { body: bytes(5) } },
      { kind: "end", call: 2, mine: true },
    ]);
  });

  it("is credited by the target alone, so that no more than a window is under way in either direction", async () => {
    const { clock, raw, open } = await rawTarget();
    const call = open("stdin", { ended: false });
    const sent = new Watched(call.send({ body: bytes(3 * WINDOW) }));
    await clock.pass(0);
    const arrived = (): number => raw.of("data").length * MAX_PART;
    assert.equal(arrived(), WINDOW);
    raw.send({ kind: "credit", call: 1, mine: false, bytes: 2 * MAX_PART });
    await clock.pass(0);
    assert.deepEqual([arrived(), sent.state], [WINDOW + 2 * MAX_PART, "pending"]);

    for (let part = 0; part < WINDOW / MAX_PART; part += 1)
      raw.send({ kind: "data", call: 1, mine: false, part: { body: bytes(MAX_PART) } });
    await clock.pass(0);
    assert.equal(sum(raw.of("credit")), 0);
    const reading = call.parts()[Symbol.asyncIterator]();
    for (let part = 0; part < 3; part += 1) await reading.next();
    await clock.pass(0);
    assert.equal(sum(raw.of("credit")), 2 * MAX_PART);
  });

  it("that is not read does not hold up another of the same caller", async () => {
    const { clock, caller, open, raw } = await rawTarget();
    const stuck = open("stdin", { ended: false });
    const sending = new Watched(stuck.send({ body: bytes(4 * WINDOW) }));
    await clock.pass(0);
    const other = new Watched(open("ping").result);
    await clock.pass(0);
    raw.send({ kind: "result", call: 2, value: {} });
    await clock.pass(0);
    assert.deepEqual([other.state, sending.state, caller.end], ["done", "pending", null]);
  });

  it("is cancelled at the target when the caller cancels it, is late or goes away", async () => {
    const ends: Readonly<Record<string, (call: Call<MethodName>, stage: Awaited<ReturnType<typeof rawTarget>>) => unknown>> = {
      "no longer wanted": (call) => call.cancel("no longer wanted"),
      "was not done before its deadline": (_, { clock }) => clock.pass(1000),
      "has ended: going": (_, { caller }) => caller.close("going"),
      broke: (_, { circuit }) => circuit.network.cut("tcp://b:1"),
    };
    for (const [reason, end] of Object.entries(ends)) {
      const stage = await rawTarget();
      const call = stage.open("stdin", { ended: false, deadline: 1000 });
      new Watched(call.result);
      await stage.clock.pass(0);
      await end(call, stage);
      await stage.clock.pass(0);
      assert.deepEqual([stage.raw.of("cancel").length, stage.target.end], [1, null]);
      assert.ok(stage.raw.of("cancel")[0]?.reason.includes(reason), stage.raw.of("cancel")[0]?.reason);
      // What the target had sent by then crosses on the wire.
      stage.raw.send({ kind: "data", call: 1, mine: false, part: { body: bytes(1) } }, { kind: "result", call: 1, value: {} });
      await stage.clock.pass(0);
      assert.equal(stage.target.end, null);
    }
  });

  it("is lost when the target is, and the caller is told which server that was", async () => {
    const { clock, circuit, caller, open } = await rawTarget();
    const result = new Watched(open("stdin", { ended: false }).result);
    await clock.pass(0);
    circuit.network.cut("tcp://c:1");
    await clock.pass(0);
    assert.equal(result.code, "lost");
    assert.match(String(result.state), /connection to server "X00000000000000cc" was lost on the way: .*tcp:\/\/c:1/);
    await assert.rejects(open("ping").result, { code: "lost", message: /X00000000000000cc/ });
    assert.equal(caller.end, null);
  });

  it("breaks the link to a target that does not keep to the credit, not the one to the caller", async () => {
    const { clock, caller, target, open, raw } = await rawTarget();
    const result = new Watched(open("stdin", { ended: false }).result);
    await clock.pass(0);
    const data: Packet = { kind: "data", call: 1, mine: false, part: { body: bytes(MAX_PART) } };
    raw.send(data, data, data, data, data);
    await clock.pass(0);
    assert.deepEqual([target.end?.kind, result.code, caller.end], ["violation", "lost", null]);
  });

  it("is not handed on when its caller has gone already", async () => {
    const circuit = new Circuit();
    const [outer, inner] = [await circuit.link("a", "b"), await circuit.link("b", "c")];
    const target = circuit.converse(inner.near, refuse);
    const held: IncomingCall[] = [];
    circuit.converse(outer.far, (incoming) => held.push(incoming));
    const raw = new RawEnd(inner.far);
    circuit.converse(outer.near, refuse).open("ping", {}, TO).cancel("no longer wanted");
    await circuit.clock.pass(0);
    for (const one of held) target.relay(one);
    await circuit.clock.pass(0);
    assert.deepEqual([held.length, raw.packets], [1, []]);
  });

  it("passes through several servers", async () => {
    const circuit = new Circuit();
    const { relay, caller, target } = await circuit.chain((incoming) => void echo(incoming));
    assert.equal(relay.end ?? target.end, null);
    const { far, near } = await circuit.link("z", "y");
    circuit.converse(far, (incoming) => caller.relay(incoming));
    const call = circuit.converse(near, refuse).open("wait", { path: ["a"] }, { ...TO, body: bytes(2 * WINDOW) });
    assert.equal(Buffer.concat((await readAll(call)).map(({ body }) => body)).length, 2 * WINDOW);
    assert.deepEqual(await call.result, { stat: { path: ["a"] } });
  });
});
