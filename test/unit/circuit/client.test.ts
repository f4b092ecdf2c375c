/** The client library, with servers whose links are of memory. */
import assert from "node:assert/strict";
import test from "node:test";
import { CircuitClient } from "../../../src/circuit/client.js";
import { dialConversation } from "../../../src/circuit/hello.js";
import type { DialServer } from "../../../src/circuit/uplink.js";
import type { Channel } from "../../../src/circuit/elements/channel.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import { eventually } from "../../helpers/facts.js";
import { NodeStage, type Stage } from "../../helpers/node-stage.js";

function dialFrom(stage: NodeStage): DialServer {
  return (address, limits) =>
    dialConversation({
      links: stage.links("client"),
      clock: stage.clock,
      address,
      keys: [],
      role: "client",
      member: null,
      onCall: (call) => call.fail("unknown-method", "a client"),
      ...limits,
    });
}

function clientOf(stage: NodeStage, ...hosts: readonly string[]): CircuitClient {
  return new CircuitClient({ addresses: hosts.map((host) => `${host}:1`), dial: dialFrom(stage) });
}

/** Servers that know each other, and a client of the first. */
async function circuit(...hosts: readonly string[]): Promise<{ stage: NodeStage; servers: readonly Stage[]; client: CircuitClient }> {
  const stage = new NodeStage();
  const servers: Stage[] = [];
  for (const host of hosts) servers.push(await stage.start(host));
  for (const one of servers) for (const other of servers) if (one !== other) one.membership.add(other.member);
  return { stage, servers, client: clientOf(stage, ...hosts) };
}

async function channelOn(client: CircuitClient, capacity = 100): Promise<Channel> {
  const { id } = await client.server();
  return client.walk([id, "c"]).makeChan(capacity);
}

async function failure(work: Promise<unknown>): Promise<CircuitError> {
  const error = await work.then(
    () => assert.fail("nothing failed"),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof CircuitError, String(error));
  return error;
}

test("a client lists the servers of a circuit and what stands on them, by full paths", async () => {
  const { client, servers } = await circuit("a", "b");
  const [a, b] = servers.map(({ member }) => member.id);
  await client.walk(`/${b}/jobs/queue`).makeChan(3);
  assert.deepEqual(
    (await client.list()).entries,
    [a, b].map((id) => ({ path: `/${id}`, kind: "server" })),
  );
  assert.deepEqual((await client.list({ depth: null })).entries, [
    { path: `/${a}`, kind: "server" },
    { path: `/${b}`, kind: "server" },
    { path: `/${b}/jobs`, kind: null },
    { path: `/${b}/jobs/queue`, kind: "channel" },
  ]);
  assert.deepEqual([...(await client.walk(`/${b}`).view()).keys()], ["jobs"]);
  assert.deepEqual(await client.walk(`/${b}/jobs`).list(), [{ path: `/${b}/jobs/queue`, kind: "channel" }]);
  await client.close();
});

test("a listing tells of the servers that cannot be asked, and lists all others", async () => {
  const { client, servers, stage } = await circuit("a", "b");
  await client.server();
  stage.network.kill("b");
  const { entries, unreachable } = await client.list({ depth: null });
  const gone = `/${servers[1]?.member.id}`;
  assert.deepEqual(
    entries.map(({ path }) => path),
    servers.map(({ member }) => `/${member.id}`),
  );
  assert.deepEqual([...unreachable.keys()], [gone]);
  assert.match(unreachable.get(gone)?.message ?? "", /^Cannot .*b:1/);
});

test("walking makes nothing, and a path that is not there is an error that names it", async () => {
  const { client, servers } = await circuit("a");
  const path = `/${servers[0]?.member.id}/no/such`;
  for (const work of [client.walk(path).list(), client.walk(path).get(), client.walk(path).peek()]) {
    const { code, message } = await failure(work);
    assert.equal(code, "no-such-anchor");
    assert.ok(message.includes(path), message);
  }
  assert.equal((await client.list({ depth: null })).entries.length, 1);
});

test("a server is located by its id or its name, where only one has that name", async () => {
  const { client, servers } = await circuit("web", "db");
  const id = servers[1]?.member.id;
  for (const path of [`/${id}/x`, "/db/x", "@db/x", "db//x/"]) assert.equal((await client.locate(path)).path, `/${id}/x`);
  assert.match((await failure(client.locate("@dbb"))).message, /^Cannot find a server called "@dbb"; the circuit has web, db$/);
  assert.throws(() => client.walk("/db/x"), /"db": it is no server's id; locate\(\) finds servers by name/);
  assert.throws(() => client.walk("/"), /root/);
});

test("an element is got by its kind, stays the one it was, and is null where there is none", async () => {
  const { client, servers } = await circuit("a");
  const anchor = client.walk([servers[0]?.member.id ?? "", "c"]);
  const channel = await anchor.makeChan(1);
  assert.equal((await failure(anchor.makeChan(1))).code, "occupied");
  const got = await anchor.get();
  assert.equal(got?.kind, "channel");
  assert.equal((await client.walk([anchor.server]).get())?.kind, "server");
  await anchor.scrub();
  await anchor.makeOnJoin();
  assert.equal((await failure(channel.send("late"))).code, "no-such-element");
  assert.equal((await anchor.get())?.kind, "@join");
});

test("calls that are under way fail with lost, and the next one goes through the next address", async () => {
  const { client, servers, stage } = await circuit("a", "b");
  const channel = await channelOn(client);
  const waiting = failure(channel.receive());
  stage.network.kill("a");
  assert.equal((await waiting).code, "lost");
  assert.equal((await client.server()).id, servers[1]?.member.id);
});

test("the failure of dialling tells of every address", async () => {
  const stage = new NodeStage();
  const { code, message } = await failure(clientOf(stage, "x", "y").server());
  assert.equal(code, "lost");
  assert.match(message, /tcp:\/\/x:1.*; .*tcp:\/\/y:1/);
  assert.throws(() => new CircuitClient({ addresses: ["nonsense"], dial: dialFrom(stage) }), /"nonsense" is no circuit address/);
});

test("whoever cancels stops waiting, for a call as well as for the dialling", async () => {
  const { client } = await circuit("a");
  const channel = await channelOn(client);
  const controller = new AbortController();
  const waiting = failure(channel.receive({ signal: controller.signal }));
  controller.abort();
  const { code, message } = await waiting;
  assert.deepEqual([code, message.startsWith('Cannot receive from the channel "/X')], ["cancelled", true]);
  assert.equal((await failure(client.members({ signal: AbortSignal.abort() }))).code, "cancelled");
  await client.close();
  assert.match((await failure(client.members())).message, /the client was closed/);
});

test("a deadline ends a call that waits for others", async () => {
  const { client, stage } = await circuit("a");
  const channel = await channelOn(client);
  const waiting = failure(channel.receive({ deadline: 5000 }));
  await stage.clock.advance(6);
  assert.equal((await waiting).code, "deadline");
});

test("a message arrives whole, however it was sent and is read", async () => {
  const { client } = await circuit("a");
  const channel = await channelOn(client);
  const large = new Uint8Array(700_000).map((_, index) => index % 251);
  await channel.send("short");
  await channel.send(large);
  await channel.send(new Uint8Array());
  await channel.send(
    (async function* () {
      yield "in ";
      yield new TextEncoder().encode("pieces");
    })(),
  );
  assert.equal(await (await channel.receive()).text(), "short");
  const received = await channel.receive();
  const pieces: Uint8Array[] = [];
  for await (const piece of received.stream()) pieces.push(piece);
  assert.deepEqual(Buffer.concat(pieces), Buffer.from(large));
  assert.equal((await (await channel.receive()).bytes()).length, 0);
  assert.equal(await (await channel.receive()).text(), "in pieces");
  assert.equal((await channel.peek()).NumRecv, 4);
});

test("a message whose source fails reaches nobody", async () => {
  const { client } = await circuit("a");
  const channel = await channelOn(client);
  const broken = (async function* () {
    yield "half of";
    throw new Error("the disk is gone");
  })();
  await assert.rejects(channel.send(broken), /the disk is gone/);
  await channel.send("whole");
  assert.equal(await (await channel.receive()).text(), "whole");
});

test("a message that is given back, or not acknowledged, goes to the next receiver", async () => {
  const { client } = await circuit("a");
  const channel = await channelOn(client);
  await channel.send("once");
  await (await channel.receive())[Symbol.asyncDispose]();
  const held = await channel.receive({ manual: true });
  assert.equal(await held.text(), "once");
  await held[Symbol.asyncDispose]();
  const again = await channel.receive({ manual: true });
  await again.acknowledge();
  assert.deepEqual([(await channel.peek()).Buffered, (await channel.peek()).NumRecv], [0, 1]);
  await assert.rejects(async () => await again.text(), /it was read before|the message was read before/);
});

test("a loop acknowledges each message when it asks for the next, and gives back the one it was left with", async () => {
  const { client } = await circuit("a");
  const channel = await channelOn(client);
  assert.equal(await channel.sendAll(["1", "2", "3", "4"]), 4);
  const seen: string[] = [];
  for await (const message of channel) {
    seen.push(await message.text());
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, ["1", "2", "3"]);
  for await (const message of channel.messages({ ahead: 1 })) {
    seen.push(await message.text());
    if (seen.length < 5) continue;
    await message.acknowledge();
    break;
  }
  assert.deepEqual(seen, ["1", "2", "3", "3", "4"]);
  assert.equal((await channel.peek()).Buffered, 0);
});

test("a loop ends when the channel is closed and empty, and receiving fails then", async () => {
  const { client } = await circuit("a");
  const channel = await channelOn(client);
  await channel.send("last");
  await channel.close();
  const seen: string[] = [];
  for await (const message of channel) seen.push(await message.text());
  assert.deepEqual(seen, ["last"]);
  assert.equal((await failure(channel.receive())).code, "closed");
  assert.equal((await failure(channel.send("more"))).code, "closed");
  assert.equal((await failure(channel.close())).code, "closed");
});

test("a sender keeps the order, tells of each message when it is safe, and of the rest when it is not", async () => {
  const { client } = await circuit("a");
  const channel = await channelOn(client, 2);
  await using sender = await channel.sender();
  const first = sender.send("1");
  const second = sender.send(new Uint8Array(600_000));
  const third = sender.send("3");
  await Promise.all([first, second]);
  assert.equal(await (await channel.receive()).text(), "1");
  await third;
  assert.equal(sender.taken, 3);
  const never = failure(sender.send("4"));
  await channel.scrub();
  assert.equal((await never).code, "scrubbed");
  assert.equal((await failure(sender.send("5"))).code, "scrubbed");
});

test("watching tells of everybody who is there, and of every change", async () => {
  const { client, servers } = await circuit("a", "b");
  const [a, b] = servers;
  assert.ok(a !== undefined && b !== undefined);
  const seen: string[] = [];
  for await (const { event, member, reason } of client.watch()) {
    seen.push(`${event} ${member.name}${reason === undefined ? "" : ` ${reason}`}`);
    if (seen.length === 2) a.membership.remove(b.member);
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, ["join a", "join b", "leave b failed"]);
});

test("a subscription yields paths of servers until it is scrubbed", async () => {
  const { client, servers } = await circuit("a", "b");
  const [a, b] = servers.map(({ member }) => `/${member.id}`);
  const subscription = await client.walk([servers[0]?.member.id ?? "", "news"]).makeOnJoin();
  const seen: string[] = [];
  for await (const path of subscription) {
    seen.push(path);
    if (seen.length === 2) await subscription.scrub();
  }
  assert.deepEqual(seen, [a, b]);
});

test("a server tells how it is, is profiled, and ends when it is told so", async () => {
  const { client, servers } = await circuit("a", "b");
  const server = await client.walk([servers[1]?.member.id ?? ""]).get();
  assert.ok(server?.kind === "server");
  assert.equal((await server.peek()).Name, "b");
  let text = "";
  for await (const chunk of server.profile("cpu", { seconds: 2 })) text += Buffer.from(chunk).toString();
  assert.equal(text, "cpu for 2 s");
  assert.match((await failure(server.join("nowhere:1"))).message, /nowhere/);
  await server.suicide();
  await eventually(
    () => servers[1]?.suicides.length,
    (count) => count === 1,
  );
});
