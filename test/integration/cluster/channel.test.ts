import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import test, { type TestContext } from "node:test";
import * as v from "valibot";
import { dialConversation } from "../../../src/circuit/hello.js";
import type { Conversation } from "../../../src/circuit/conversation.js";
import { createNode } from "../../../src/cluster/node.js";
import { systemClock } from "../../../src/os/clock.js";
import { lookAtHost } from "../../../src/os/host-facts.js";
import { openProfiler } from "../../../src/os/profiler.js";
import { parseAddress } from "../../../src/wire/circuit/address.js";
import { channelStatSchema, serverStatSchema } from "../../../src/wire/circuit/contract.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import { openLinks } from "../../../src/wire/zmq/links.js";
import type { Deed } from "../../helpers/channel-client.js";
import { eventually, kill } from "../../helpers/facts.js";
import { memberOf, NOT_HERE, ToldMembership } from "../../helpers/node-stage.js";

const at = { path: ["c"] };
const clock = systemClock();

/** A server over ZeroMQ with a channel, a client of it, and other clients that are programs of their own. */
async function stage(t: TestContext, capacity: number) {
  const links = await openLinks();
  const ignore = (): void => undefined;
  const node = await createNode({
    ...{ links, endpoint: "tcp://127.0.0.1:0", linkOptions: { keys: [], silence: 20_000 }, engine: "mesh" as const, circus: null },
    describe: () => memberOf("127.0.0.1", 1),
    membership: (self, dial) => new ToldMembership(self, dial),
    ...{ makers: NOT_HERE, lookAtHost, profiler: openProfiler(), clock, onSuicide: ignore },
    log: { debug: ignore, info: ignore, warning: ignore, error: (message) => assert.fail(message), critical: ignore },
  });
  const address = parseAddress(node.endpoint.replace("tcp:", "circuit:"));
  assert.ok(address.ok);
  const { conversation } = await dialConversation({
    ...{ links, address: address.value, keys: [], role: "client", member: null, timeout: 20_000, clock, onCall: ignore },
  });
  t.after(async () => {
    conversation.close("the test is over");
    await node.leave(true);
  });
  await conversation.ask("make.channel", { ...at, capacity });
  return { client: conversation, start: (deed: Deed) => startClient(t, node.endpoint, deed) };
}

/** @returns the program and what it told first */
async function startClient(t: TestContext, endpoint: string, deed: Deed): Promise<{ child: ChildProcess; told: unknown }> {
  const child = fork(new URL("../../helpers/channel-client.js", import.meta.url), [endpoint, deed]);
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  const told = await new Promise((resolve) => child.once("message", resolve));
  return { child, told };
}

async function receive(client: Conversation): Promise<string> {
  const call = client.open("recv", at, { ended: false, deadline: 20_000 });
  let text = "";
  for await (const { body } of call.parts()) text += new TextDecoder().decode(body);
  call.end();
  await call.result;
  return text;
}

function send(client: Conversation, text: string): Promise<unknown> {
  return client.ask("send", at, { body: new TextEncoder().encode(text), deadline: 20_000 });
}

async function figures(client: Conversation) {
  return v.parse(channelStatSchema, (await client.ask("peek", at)).stat);
}

test("A client that is killed while it waits for a message swallows none", async (t) => {
  const { client, start } = await stage(t, 0);
  const { child } = await start("receive");
  await eventually(
    async () => (await figures(client)).Receivers,
    (receivers) => receivers === 1,
  );
  kill(child.pid, "SIGKILL");
  await eventually(
    async () => (await figures(client)).Receivers,
    (receivers) => receivers === 0,
  );
  const [, text] = await Promise.all([send(client, "not for the dead"), receive(client)]);
  assert.equal(text, "not for the dead");
});

test("A message that a client had when it was killed goes to the next", async (t) => {
  const { client, start } = await stage(t, 2);
  await send(client, "first");
  await send(client, "second");
  const { child, told } = await start("hold");
  assert.equal(told, "first");
  kill(child.pid, "SIGKILL");
  await once(child, "exit");
  await eventually(
    async () => receive(client),
    (text) => text === "first",
  );
  assert.deepEqual(await figures(client).then(({ NumSend, NumRecv, Buffered }) => [NumSend, NumRecv, Buffered]), [2, 1, 1]);
});

test("Of a client that is killed while it sends, nothing is received", async (t) => {
  const { client, start } = await stage(t, 0);
  const { child: waiting } = await start("send");
  const { child: writing } = await start("begin");
  await eventually(
    async () => (await figures(client)).Senders,
    (senders) => senders === 1,
  );
  for (const { pid } of [waiting, writing]) kill(pid, "SIGKILL");
  await eventually(
    async () => (await figures(client)).Senders,
    (senders) => senders === 0,
  );
  const [, text] = await Promise.all([send(client, "real"), receive(client)]);
  assert.equal(text, "real");
});

test("A large message whose sender is killed never ends as if it were whole", async (t) => {
  const { client, start } = await stage(t, 0);
  const receiving = receive(client);
  const { child } = await start("begin-large");
  await eventually(
    async () => (await figures(client)).Senders,
    (senders) => senders === 1,
  );
  kill(child.pid, "SIGKILL");
  await assert.rejects(receiving, (error) => error instanceof CircuitError && error.code === "aborted");
});

test("A server tells what it runs on, and takes profiles of itself", async (t) => {
  const { client } = await stage(t, 0);
  const stat = v.parse(serverStatSchema, (await client.ask("peek", { path: [] })).stat);
  assert.deepEqual([stat.Pid, stat.Node, stat.Host.Load.length], [process.pid, process.version, 3]);
  assert.ok(stat.Rss > 10_000_000 && stat.Host.Memory > stat.Rss && stat.Cpu > 0);
  const take = async (name: string): Promise<string> => {
    let text = "";
    for await (const { body } of client.open("profile", { name, seconds: 0.1 }).parts()) text += new TextDecoder().decode(body);
    return text;
  };
  assert.ok(Object.hasOwn(v.parse(v.record(v.string(), v.unknown()), JSON.parse(await take("cpu"))), "timeDeltas"));
  assert.ok(Object.hasOwn(v.parse(v.record(v.string(), v.unknown()), JSON.parse(await take("heap"))), "head"));
  assert.match(await take("memory"), /^rss \d+\n[^]*heapLimit \d+\n$/);
  assert.match(await take("goroutine"), /^\w+ \d+\n/);
  // Two at once would stop each other; one that is given up makes room.
  const long = client.open("profile", { name: "cpu", seconds: 60 });
  const ended = assert.rejects(long.result);
  await assert.rejects(client.ask("profile", { name: "cpu", seconds: 60 }), /another one is being taken/);
  long.cancel("enough");
  await ended;
  const again = (): Promise<unknown> => take("cpu").catch(() => null);
  await eventually(again, (text) => text !== null);
});
