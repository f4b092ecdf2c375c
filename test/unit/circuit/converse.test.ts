import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MAX_HEAD } from "../../../src/wire/circuit/packet.js";
import type { Conversation, IncomingCall } from "../../../src/circuit/conversation.js";
import { Circuit, refuse, Watched } from "../../helpers/conversations.js";

describe("a conversation", () => {
  it("brings a call to the other side and its answer back", async () => {
    const { near } = await new Circuit().pair((incoming) => {
      assert.deepEqual([incoming.method, incoming.params, incoming.to, incoming.isDrained], ["wait", { path: ["a"] }, "X1", true]);
      incoming.reply({ stat: 7 });
      incoming.reply({ stat: 8 });
      incoming.fail("busy", "no");
    });
    assert.deepEqual(await near.ask("wait", { path: ["a"] }, { to: "X1" }), { stat: 7 });
  });

  it("takes calls in both directions, the numbers of which do not get mixed up", async () => {
    const circuit = new Circuit();
    const { near, far } = await circuit.link("a", "b");
    const a = circuit.converse(near, (incoming) => incoming.reply({ element: "at a" }));
    const b = circuit.converse(far, (incoming) => incoming.reply({ element: "at b" }));
    const answers = [a, b, a, b].map((one) => one.ask("make.channel", { path: ["x"], capacity: 1 }));
    assert.deepEqual(
      (await Promise.all(answers)).map(({ element }) => element),
      ["at b", "at a", "at b", "at a"],
    );
  });

  it("is in the hands of whoever made it before the first call comes, however early that was", async () => {
    const circuit = new Circuit();
    const { near, far } = await circuit.link("a", "b");
    const early = circuit.converse(near, refuse).ask("ping", {});
    await circuit.clock.pass(0);
    const late: Conversation = circuit.converse(far, (incoming) => {
      assert.equal(incoming.conversation, late);
      incoming.reply({});
    });
    await early;
  });

  it("is idle when no call of either side is open", async () => {
    const held: IncomingCall[] = [];
    const circuit = new Circuit();
    const { near, far } = await circuit.pair((incoming) => held.push(incoming));
    const calls = [near.ask("ping", {}), near.open("ping", {})] as const;
    await circuit.clock.pass(0);
    assert.deepEqual([near.isIdle, far.isIdle], [false, false]);
    held[0]?.reply({});
    calls[1].cancel("no longer wanted");
    await circuit.clock.pass(0);
    assert.deepEqual([await calls[0], near.isIdle, far.isIdle], [{}, true, true]);
  });

  it("fails a call with the other side's error, and one whose answer is none", async () => {
    const { near } = await new Circuit().pair((incoming) => {
      if (incoming.method === "ping") incoming.fail("occupied", "no room");
      else incoming.reply({ element: 3 });
    });
    await assert.rejects(near.ask("ping", {}), { code: "occupied", message: "no room" });
    await assert.rejects(near.ask("make.channel", { path: ["a"], capacity: 1 }), { code: "internal", message: /"element"/ });
  });

  it("fails the call that its handler throws at, and logs it", async () => {
    const logged: string[] = [];
    const log = { error: (message: string) => logged.push(message), warning: (message: string) => logged.push(message) };
    const { near } = await new Circuit().pair(
      () => {
        throw new Error("oops");
      },
      { log },
    );
    await assert.rejects(near.ask("ping", {}), { code: "internal", message: /"ping": Error: oops/ });
    assert.equal(logged.length, 1);
  });

  it("refuses what is more than the limit, and takes calls again afterwards", async () => {
    const waiting: IncomingCall[] = [];
    const circuit = new Circuit();
    const { near } = await circuit.pair((incoming) => waiting.push(incoming), { limit: 2 });
    const first = [near.ask("ping", {}), near.ask("ping", {})];
    await assert.rejects(near.ask("ping", {}), { code: "overload" });
    for (const one of waiting.splice(0)) one.reply({});
    await Promise.all(first);
    const last = near.ask("ping", {});
    await circuit.clock.pass(0);
    waiting[0]?.reply({});
    await last;
  });

  it("refuses parameters and answers that no packet has room for", async () => {
    const { near } = await new Circuit().pair((incoming) => incoming.reply({ stat: "ä".repeat(MAX_HEAD / 2) }));
    await assert.rejects(near.ask("wait", { path: ["a"] }), { code: "overload", message: /too large for one packet/ });
    await assert.rejects(near.ask("wait", { path: ["x".repeat(MAX_HEAD)] }), { code: "invalid", message: /too large for one packet/ });
  });

  it("fails a call that nobody asks for its result without ending the program", async () => {
    const circuit = new Circuit();
    const { near } = await circuit.pair((incoming) => incoming.fail("busy", "later"));
    const [unasked, asked] = [near.open("ping", {}), near.open("ping", {})];
    const { result } = asked;
    await circuit.clock.pass(0);
    await assert.rejects(result, { code: "busy" });
    await assert.rejects(unasked.result, { code: "busy" });
  });

  it("ends when it is closed: calls are lost at both ends, and new ones too", async () => {
    const circuit = new Circuit();
    const aborted: unknown[] = [];
    const { near, far } = await circuit.pair(({ signal }) => {
      signal.addEventListener("abort", () => aborted.push(signal.reason));
    });
    const waiting = new Watched(near.ask("ping", {}));
    await circuit.clock.pass(0);
    assert.equal(near.end, null);
    near.close("that is all");
    near.close("again");
    assert.deepEqual(await near.ended, { kind: "closed", message: "that is all" });
    assert.deepEqual(await far.ended, { kind: "bye", message: "that is all" });
    assert.equal(waiting.code, "lost");
    assert.match(String(aborted), /CircuitError: .*that is all/);
    await assert.rejects(near.ask("ping", {}), { code: "lost", message: /"tcp:\/\/b:1" has ended: that is all/ });
    assert.equal(circuit.clock.armed, 0);
  });
});
