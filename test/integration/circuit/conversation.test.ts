import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { converse } from "../../../src/circuit/converse.js";
import type { Conversation, IncomingCall } from "../../../src/circuit/conversation.js";
import { dialConversation } from "../../../src/circuit/hello.js";
import { systemClock } from "../../../src/os/clock.js";
import { parseAddress } from "../../../src/wire/circuit/address.js";
import type { ClusterKey, Links } from "../../../src/wire/circuit/link.js";
import { openLinks } from "../../../src/wire/zmq/links.js";
import { readAll, refuse } from "../../helpers/conversations.js";

const clock = systemClock();
const KEY: ClusterKey = new TextEncoder().encode("a key of the cluster, long enough");
const SIZE = 5_000_000;

/** Listens, and answers hello as the server of that name; other calls go to `onCall`. */
async function serve(t: TestContext, links: Links, onCall: (incoming: IncomingCall) => void): Promise<string> {
  const conversations: Conversation[] = [];
  const listener = await links.listen(
    "tcp://127.0.0.1:0",
    { keys: [KEY], silence: 5000 },
    {
      accepted: (link) => {
        const answer = (incoming: IncomingCall): void => {
          if (incoming.method === "hello") incoming.reply({ version: 1, member: memberAt(listener.endpoint) });
          else onCall(incoming);
        };
        conversations.push(converse(link, { clock, onCall: answer }));
      },
      refused: () => undefined,
    },
  );
  t.after(async () => {
    for (const one of conversations) one.close("the test is over");
    await listener.close();
  });
  return listener.endpoint;
}

function memberAt(endpoint: string): unknown {
  const common = { id: "X0123456789abcdef", worker: "Q0123456789abcdef", name: "here", labels: {}, version: "1" };
  return { ...common, address: endpoint.replace("tcp:", "circuit:"), started: 1, revision: 0, circusd: false };
}

async function dial(t: TestContext, links: Links, endpoint: string): Promise<Conversation> {
  const address = parseAddress(endpoint.replace("tcp:", "circuit:"));
  assert.ok(address.ok);
  const options = { keys: [KEY], role: "client", member: null, timeout: 5000, onCall: refuse } as const;
  const { conversation } = await dialConversation({ links, clock, address: address.value, ...options });
  t.after(() => conversation.close("the test is over"));
  return conversation;
}

async function echo(incoming: IncomingCall): Promise<void> {
  for await (const part of incoming.parts()) await incoming.send(part);
  incoming.end();
  incoming.reply({ stat: "all of it" });
}

test("A conversation over ZeroMQ says hello, and brings a call with its data through a relay and back", async (t) => {
  const links = await openLinks();
  const target = await dial(t, links, await serve(t, links, (incoming) => void echo(incoming)));
  const caller = await dial(t, links, await serve(t, links, (incoming) => target.relay(incoming)));
  const sent = Buffer.alloc(SIZE, "as it was sent; ");
  const call = caller.open("wait", { path: ["a"] }, { to: "X0123456789abcdef", body: sent });
  const echoed = await readAll(call);
  assert.deepEqual(await call.result, { stat: "all of it" });
  assert.ok(Buffer.concat(echoed.map(({ body }) => body)).equals(sent));
});

test("A conversation over ZeroMQ ends at both ends, and its calls with it", async (t) => {
  const links = await openLinks();
  const aborted: unknown[] = [];
  const asked: IncomingCall[] = [];
  const endpoint = await serve(t, links, (incoming) => {
    incoming.signal.addEventListener("abort", () => aborted.push(incoming.method));
    asked.push(incoming);
    void incoming.send({ value: "it is here", body: new Uint8Array(0) });
  });
  const caller = await dial(t, links, endpoint);
  const call = caller.open("wait", { path: ["a"] });
  for await (const { value } of call.parts()) {
    assert.equal(value, "it is here");
    break;
  }
  caller.close("going");
  await assert.rejects(call.result, { code: "lost" });
  assert.deepEqual(await asked[0]?.conversation.ended, { kind: "bye", message: "going" });
  assert.deepEqual(aborted, ["wait"]);
});
