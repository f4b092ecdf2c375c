import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Conversation } from "../../../../src/circuit/conversation.js";
import { CircuitError } from "../../../../src/wire/circuit/errors.js";
import { memberOf, NodeStage } from "../../../helpers/node-stage.js";

const at = { path: ["s"] };

async function next(client: Conversation): Promise<string> {
  const call = client.open("recv", at, { ended: false, deadline: null });
  let text = "";
  for await (const { body } of call.parts()) text += new TextDecoder().decode(body);
  call.end();
  await call.result;
  return text;
}

describe("a subscription", () => {
  it("to joins begins with everybody who is there, and counts exactly what is pending", async () => {
    const stage = new NodeStage();
    const { membership, member } = await stage.start("a");
    const client = await stage.client("a");
    const [b, c] = [memberOf("b", 0xb), memberOf("c", 0xc)];
    membership.add(b);
    await client.ask("make.subscription", { ...at, event: "join" });
    membership.add(c);
    membership.remove(b);
    const { kind, stat } = await client.ask("peek", at);
    assert.deepEqual([kind, stat], ["@join", { Source: "join", Pending: 3, Closed: false, Dropped: 0 }]);
    assert.deepEqual([await next(client), await next(client), await next(client)], [`/${member.id}`, `/${b.id}`, `/${c.id}`]);
    assert.deepEqual((await client.ask("peek", at)).stat, { Source: "join", Pending: 0, Closed: false, Dropped: 0 });
  });

  it("to departures begins with nothing, and a consumer that dies loses none", async () => {
    const stage = new NodeStage();
    const { membership } = await stage.start("a");
    const client = await stage.client("a");
    const b = memberOf("b", 0xb);
    membership.add(b);
    await client.ask("make.subscription", { ...at, event: "leave" });
    const dying = await stage.client("a");
    const phantom = dying.open("recv", at, { ended: false, deadline: null });
    await stage.clock.pass(1);
    membership.remove(b);
    await stage.clock.pass(1);
    dying.close("killed");
    await assert.rejects(phantom.result);
    assert.equal(await next(client), `/${b.id}`);
  });

  it("lets those who wait go when it is scrubbed, and listens no more", async () => {
    const stage = new NodeStage();
    const { membership } = await stage.start("a");
    const client = await stage.client("a");
    await client.ask("make.subscription", { ...at, event: "leave" });
    assert.equal(membership.listeners, 1);
    const waiting = assert.rejects(next(client), (error) => error instanceof CircuitError && error.code === "scrubbed");
    await stage.clock.pass(1);
    await client.ask("scrub", at);
    await waiting;
    assert.equal(membership.listeners, 0);
  });

  it("keeps 10,000 events and counts the others", async () => {
    const stage = new NodeStage();
    const { membership } = await stage.start("a");
    const client = await stage.client("a");
    await client.ask("make.subscription", { ...at, event: "leave" });
    for (let number = 0; number < 10_003; number += 1) membership.remove(memberOf("b", number));
    assert.deepEqual((await client.ask("peek", at)).stat, { Source: "leave", Pending: 10_000, Closed: false, Dropped: 3 });
    await next(client);
    membership.remove(memberOf("b", 1));
    assert.deepEqual((await client.ask("peek", at)).stat, { Source: "leave", Pending: 10_000, Closed: false, Dropped: 3 });
  });
});
