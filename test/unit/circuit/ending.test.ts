import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Call, Conversation, IncomingCall, OpenOptions } from "../../../src/circuit/conversation.js";
import { WINDOW } from "../../../src/wire/circuit/packet.js";
import { bytes, Circuit, readAll, Watched } from "../../helpers/conversations.js";

interface Stage {
  readonly circuit: Circuit;
  readonly near: Conversation;
  readonly call: Call<"wait">;
  readonly incoming: IncomingCall;
}

/** A call that has come to the other side and waits there. */
async function waiting(options: OpenOptions = {}): Promise<Stage> {
  const circuit = new Circuit();
  const calls: IncomingCall[] = [];
  const { near } = await circuit.pair((incoming) => calls.push(incoming));
  const call = near.open("wait", { path: ["a"] }, options);
  await circuit.clock.pass(0);
  const [incoming] = calls;
  assert.ok(incoming !== undefined);
  return { circuit, near, call, incoming };
}

const reasonOf = ({ signal }: IncomingCall): string => (signal.aborted ? String(signal.reason) : "none");

describe("a deadline", () => {
  it("fails the call and tells the other side", async () => {
    const { circuit, call, incoming } = await waiting({ deadline: 100 });
    const result = new Watched(call.result);
    await circuit.clock.pass(99);
    assert.deepEqual([result.state, reasonOf(incoming)], ["pending", "none"]);
    await circuit.clock.pass(1);
    assert.deepEqual([result.code, incoming.signal.aborted], ["deadline", true]);
    assert.match(String(result.state), /"wait" was not done before its deadline/);
  });

  it("is kept by the other side too, when the caller does not come to tell", async () => {
    const { circuit, incoming } = await waiting({ deadline: 100 });
    circuit.network.partition(["a"]);
    await circuit.clock.pass(100);
    assert.match(reasonOf(incoming), /deadline/);
    circuit.network.heal();
    incoming.reply({ stat: 1 });
    await circuit.clock.pass(0);
  });

  it("is half a minute unless the caller says otherwise, and none where it says null", async () => {
    for (const [options, code] of [
      [{}, "deadline"],
      [{ deadline: null }, "pending"],
    ] as const) {
      // prettier-ignore
      const { circuit, call } = await waiting(options);
      const result = new Watched(call.result);
      await circuit.clock.pass(30_000);
      assert.equal(result.code, code);
    }
  });

  it("of each of many calls is kept, in whichever order they were opened, by one timer", async () => {
    const circuit = new Circuit();
    const { near } = await circuit.pair(() => undefined);
    const delays = [500, 100, 10 ** 9, 300, 100];
    const results = delays.map((deadline) => new Watched(near.ask("ping", {}, { deadline })));
    const late = (): string => results.map(({ code }) => (code === "deadline" ? "x" : "-")).join("");
    await circuit.clock.pass(0);
    assert.equal(circuit.clock.armed, 2);
    const seen: string[] = [];
    for (const pause of [100, 200, 200]) {
      await circuit.clock.pass(pause);
      seen.push(late());
    }
    assert.deepEqual(seen, ["-x--x", "-x-xx", "xx-xx"]);
    await circuit.clock.pass(10 ** 9);
    assert.equal(late(), "xxxxx");
    assert.equal(circuit.clock.armed, 0);
  });
});

describe("a cancelled call", () => {
  it("fails with what it was told, and so do those who wait at its end and at the other", async () => {
    for (const [one, other] of [
      ["call", "incoming"],
      ["incoming", "call"],
    ] as const) {
      const stage = await waiting({ ended: false });
      const reading = new Watched(readAll(stage[one]));
      const sending = new Watched(stage[one].send({ body: bytes(WINDOW + 1) }));
      await stage.circuit.clock.pass(0);
      stage.call.cancel("no longer wanted");
      stage.call.cancel("twice");
      await assert.rejects(stage.call.result, { code: "cancelled", message: "no longer wanted" });
      await stage.circuit.clock.pass(0);
      assert.deepEqual([reading.code, sending.code], ["cancelled", "cancelled"]);
      await assert.rejects(stage[other].send({ body: bytes(1) }), { code: "cancelled" });
      assert.match(reasonOf(stage.incoming), /no longer wanted/);
    }
  });

  it("may be answered at the same time, and nobody minds", async () => {
    const { circuit, near, call, incoming } = await waiting();
    call.cancel("no longer wanted");
    incoming.reply({ stat: 1 });
    incoming.end();
    await circuit.clock.pass(0);
    assert.equal(new Watched(call.result).state, "pending");
    await assert.rejects(call.result, { code: "cancelled" });
    assert.equal(near.end, null);
    // It was answered here, so nothing is to be broken off.
    assert.equal(reasonOf(incoming), "none");
  });

  it("is not answered any more by a late reply", async () => {
    const { circuit, near, call, incoming } = await waiting();
    call.cancel("no longer wanted");
    await circuit.clock.pass(0);
    incoming.reply({ stat: 1 });
    incoming.fail("busy", "no");
    incoming.end();
    await assert.rejects(incoming.send({ body: bytes(1) }), { code: "cancelled" });
    await circuit.clock.pass(0);
    assert.equal(near.end, null);
  });

  it("can be cancelled by a signal, also before it is opened", async () => {
    const abort = new AbortController();
    const { circuit, near, call, incoming } = await waiting({ signal: abort.signal });
    const early = new Watched(near.ask("ping", {}, { signal: AbortSignal.abort() }));
    abort.abort();
    await assert.rejects(call.result, { code: "cancelled", message: '"wait" was cancelled' });
    await circuit.clock.pass(0);
    assert.deepEqual([early.code, incoming.signal.aborted], ["cancelled", true]);
  });

  it("may have its signal in common with any number of others, without a warning of Node's", async (t) => {
    const warnings: Error[] = [];
    const warn = (warning: Error): unknown => warnings.push(warning);
    process.on("warning", warn);
    t.after(() => process.off("warning", warn));
    const abort = new AbortController();
    const { circuit, near } = await waiting();
    const results = Array.from({ length: 20 }, () => new Watched(near.ask("ping", {}, { signal: abort.signal })));
    await circuit.clock.pass(0);
    abort.abort();
    await circuit.clock.pass(0);
    assert.deepEqual([new Set(results.map(({ code }) => code)), warnings], [new Set(["cancelled"]), []]);
  });

  it("is not what an answered call becomes", async () => {
    const abort = new AbortController();
    const { circuit, call, incoming } = await waiting({ signal: abort.signal });
    const { signal } = incoming;
    incoming.reply({ stat: 1 });
    assert.deepEqual(await call.result, { stat: 1 });
    abort.abort();
    call.cancel("too late");
    await circuit.clock.pass(0);
    assert.deepEqual([await call.result, signal.aborted], [{ stat: 1 }, false]);
  });
});

describe("the end of a link", () => {
  it("fails the calls in both directions with the reason", async () => {
    const { circuit, near, call, incoming } = await waiting();
    const result = new Watched(call.result);
    circuit.network.cut("tcp://b:1");
    assert.equal((await near.ended).kind, "lost");
    await circuit.clock.pass(0);
    assert.deepEqual([result.code, near.end?.kind], ["lost", "lost"]);
    assert.match(reasonOf(incoming), /connection .* broke/);
    incoming.reply({ stat: 1 });
    assert.equal(circuit.clock.armed, 0);
  });

  it("is told by silence, too", async () => {
    const { circuit, call, incoming } = await waiting({ deadline: null });
    const result = new Watched(call.result);
    circuit.network.partition(["a"]);
    await circuit.clock.pass(5000);
    assert.equal(result.code, "lost");
    assert.match(reasonOf(incoming), /Nothing was heard/);
  });
});
