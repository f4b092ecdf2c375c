import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as v from "valibot";
import { converse } from "../../../src/circuit/converse.js";
import { serverStatSchema } from "../../../src/wire/circuit/contract.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import { plainElement, NodeStage, memberOf } from "../../helpers/node-stage.js";

const failsWith = (code: string, message?: RegExp) => (error: unknown) =>
  error instanceof CircuitError && error.code === code && (message === undefined || message.test(error.message));

describe("a node", () => {
  it("answers hello with what it is", async () => {
    const stage = new NodeStage();
    const { member } = await stage.start("a");
    const client = await stage.client("a");
    assert.deepEqual(await client.ask("ping", {}), {});
    const { members, lost } = await client.ask("members", {});
    assert.deepEqual([members, lost], [[{ ...member, state: "alive", joined: 1 }], []]);
  });

  it("closes the connection of somebody who says no hello within 5 s", async () => {
    const stage = new NodeStage();
    const { lines } = await stage.start("a");
    const link = await stage.links("b").dial("tcp://a:1", { keys: [], silence: 60_000, timeout: 1000 });
    const conversation = converse(link, { clock: stage.clock, onCall: () => undefined });
    await stage.clock.pass(4900);
    assert.equal(conversation.end, null);
    await stage.clock.pass(200);
    assert.equal((await conversation.ended).kind, "bye");
    assert.match(lines.join("\n"), /info Closing the connection to "memory:.*": it said no hello within 5 s/);
  });

  it("lets those in who connected before all of it stood", async () => {
    const stage = new NodeStage();
    const [, client] = await Promise.all([stage.start("a"), stage.client("a")]);
    assert.deepEqual(await client.ask("ping", {}), {});
  });

  it("refuses whatever comes before hello, and closes", async () => {
    const stage = new NodeStage();
    await stage.start("a");
    const link = await stage.links("b").dial("tcp://a:1", { keys: [], silence: 60_000, timeout: 1000 });
    const conversation = converse(link, { clock: stage.clock, onCall: () => undefined });
    await assert.rejects(conversation.ask("ping", {}), failsWith("refused", /Say "hello" before "ping"/));
    await conversation.ended;
  });

  it("refuses hello for another version and for another program", async () => {
    const stage = new NodeStage();
    await stage.start("a");
    const dial = async () => {
      const link = await stage.links("b").dial("tcp://a:1", { keys: [], silence: 60_000, timeout: 1000 });
      return converse(link, { clock: stage.clock, onCall: () => undefined });
    };
    const hello = { version: 1, role: "client", member: null, expects: null } as const;
    const older = await dial();
    await assert.rejects(
      older.ask("hello", { ...hello, version: 0 }),
      failsWith("refused", /speaks version 1 .* version 0; use the same release/),
    );
    await older.ended;
    const other = { pid: 1, worker: "Q00000000000000ff" };
    await assert.rejects(
      (await dial()).ask("hello", { ...hello, expects: other }),
      failsWith("refused", /Q00000000000000ff is not here any more/),
    );
    await (await dial()).ask("hello", { ...hello, expects: { pid: 1, worker: memberOf("a", 1).worker } });
  });

  it("serves what was asked in the same breath as hello", async () => {
    const stage = new NodeStage();
    await stage.start("a");
    const link = await stage.links("b").dial("tcp://a:1", { keys: [], silence: 60_000, timeout: 1000 });
    const conversation = converse(link, { clock: stage.clock, onCall: () => undefined });
    const hello = conversation.ask("hello", { version: 1, role: "client", member: null, expects: null });
    assert.deepEqual(await conversation.ask("ping", {}), {});
    await hello;
    await assert.rejects(
      conversation.ask("hello", { version: 1, role: "client", member: null, expects: null }),
      failsWith("invalid", /said already/),
    );
    assert.deepEqual(await conversation.ask("ping", {}), {});
  });

  it("lets only so many in, and others when there is room again", async () => {
    const stage = new NodeStage();
    const { lines } = await stage.start("a", { limits: { links: 2, calls: 10 } });
    const first = await stage.client("a");
    await stage.client("a");
    await assert.rejects(stage.client("a"), failsWith("lost", /2 connections already/));
    await assert.rejects(stage.client("a"));
    assert.equal(lines.filter((line) => line.startsWith("warning Refusing")).length, 1);
    first.close("done");
    await stage.clock.pass(1);
    await stage.client("a");
  });

  it("tells the engine which servers have said hello, and keeps its methods from clients", async () => {
    const stage = new NodeStage();
    const { membership } = await stage.start("a");
    const other = memberOf("b", 9);
    const server = await stage.server("a", other);
    assert.deepEqual(membership.greeted, [other]);
    await server.ask("mesh.leave", { worker: other.worker });
    assert.deepEqual(membership.handled, ["mesh.leave"]);
    const client = await stage.client("a");
    await assert.rejects(client.ask("mesh.leave", { worker: other.worker }), failsWith("refused", /between servers/));
  });

  it("hands a call for another server on, with its data", async () => {
    const stage = new NodeStage();
    const a = await stage.start("a");
    const b = await stage.start("b");
    a.membership.add(b.member);
    const client = await stage.client("a");
    await client.ask("make.channel", { path: ["c"], capacity: 1 }, { to: b.member.id });
    await client.ask("send", { path: ["c"] }, { to: b.member.id, body: new TextEncoder().encode("over there") });
    assert.deepEqual([a.node.tree.size, b.node.tree.size], [0, 1]);
    const call = client.open("recv", { path: ["c"] }, { to: b.member.id, ended: false });
    let text = "";
    for await (const { body } of call.parts()) text += new TextDecoder().decode(body);
    call.end();
    await call.result;
    assert.equal(text, "over there");
  });

  it("says which server there is not, and how to find those that are", async () => {
    const stage = new NodeStage();
    const a = await stage.start("a");
    const client = await stage.client("a");
    await assert.rejects(client.ask("ping", {}, { to: "X00000000000000ee" }), failsWith("no-such-server", /"circuit ls \/" lists them/));
    a.membership.gone.push(memberOf("c", 0xcc));
    await assert.rejects(client.ask("ping", {}, { to: "X00000000000000cc" }), failsWith("lost", /Server "c" .* was lost/));
    const server = await stage.server("a", memberOf("b", 9));
    await assert.rejects(server.ask("ping", {}, { to: "X00000000000000ee" }), failsWith("no-such-server", /is not here/));
  });

  it("names the parameter that cannot be used, and the method that there is not", async () => {
    const stage = new NodeStage();
    await stage.start("a");
    const client = await stage.client("a");
    await assert.rejects(client.ask("make.channel", { path: ["a"], capacity: -1 }), failsWith("invalid", /"capacity" of "make.channel"/));
    await assert.rejects(client.ask("list", { path: [".."], depth: null }), failsWith("invalid", /"path.0".*cannot be called/));
  });

  it("tells who does something to an element that is none of its kind", async () => {
    const stage = new NodeStage();
    const { member } = await stage.start("a");
    const client = await stage.client("a");
    await client.ask("make.channel", { path: ["c"], capacity: 1 });
    await assert.rejects(
      client.ask("wait", { path: ["c"] }),
      failsWith("wrong-element", /c" is a channel; "wait" is for processes and containers/),
    );
    await assert.rejects(client.ask("wait", { path: [] }), failsWith("wrong-element", /is a server/));
    await assert.rejects(client.ask("wait", { path: ["x"] }), failsWith("no-such-anchor", new RegExp(`"/${member.id}/x"`)));
    await assert.rejects(client.ask("scrub", { path: [] }), failsWith("refused", /the server itself/));
  });

  it("logs a fault of its own once, and answers that it was one", async () => {
    const stage = new NodeStage();
    const { lines } = await stage.start("a", {
      makers: {
        process: async () => {
          throw new TypeError("what is not there");
        },
      },
    });
    const client = await stage.client("a");
    await assert.rejects(client.ask("make.process", { path: ["p"], command: { Path: "x" } }), failsWith("internal", /log tells more/));
    const faults = lines.filter((line) => line.startsWith("error internal:"));
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? "", /"make.process" for memory:.*what is not there/);
    assert.deepEqual((await client.ask("list", { path: [], depth: null })).entries, []);
  });

  it("takes away what was made for somebody who has gone meanwhile", async () => {
    const stage = new NodeStage();
    const told: string[] = [];
    let finish: () => void = () => undefined;
    const { node } = await stage.start("a", {
      makers: {
        process: async (_command, id) => {
          await new Promise<void>((resolve) => (finish = resolve));
          return { ...plainElement(id, told), pid: 1 };
        },
      },
    });
    const client = await stage.client("a");
    const call = client.open("make.process", { path: ["p"], command: { Path: "x" } });
    await stage.clock.pass(1);
    assert.equal((await (await stage.client("a")).ask("list", { path: [], depth: null })).entries.length, 0);
    call.cancel("no more");
    await assert.rejects(call.result, failsWith("cancelled"));
    await stage.clock.pass(1);
    finish();
    await stage.clock.pass(1);
    assert.deepEqual([node.tree.size, told.length, told[0]?.endsWith("killed")], [0, 1, true]);
  });

  it("tells of everybody who is there, and of every change, to whoever watches", async () => {
    const stage = new NodeStage();
    const { membership, member } = await stage.start("a");
    const client = await stage.client("a");
    const call = client.open("members.watch", {}, { deadline: null });
    const parts = call.parts()[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => {
      const part = await parts.next();
      return part.done === true ? null : part.value.value;
    };
    const other = memberOf("b", 7);
    assert.deepEqual(await next(), { event: "join", member });
    membership.add(other);
    assert.deepEqual(await next(), { event: "join", member: other });
    membership.remove(other);
    assert.deepEqual(await next(), { event: "leave", member: other, reason: "failed" });
    call.cancel("enough");
    await stage.clock.pass(1);
    assert.equal(membership.listeners, 0);
  });

  it("tells a watcher that it is too far behind, and goes on without it", async () => {
    const stage = new NodeStage();
    const { membership } = await stage.start("a");
    const call = (await stage.client("a")).open("members.watch", {}, { deadline: null });
    await stage.clock.pass(1);
    // Nothing is read, and what is under way is bounded.
    for (let number = 2; number < 20_000; number += 1) membership.add(memberOf("b", number));
    await assert.rejects(call.result, failsWith("overload", /10000 changes behind; listen again/));
    assert.equal(membership.listeners, 0);
  });

  it("joins at an address, and says why it cannot", async () => {
    const stage = new NodeStage();
    const { member } = await stage.start("a");
    const client = await stage.client("a");
    assert.deepEqual(await client.ask("join", { address: "circuit://b:1" }), { member });
    await assert.rejects(client.ask("join", { address: "circuit://nowhere:1" }), failsWith("unavailable", /Nobody answers/));
    await assert.rejects(client.ask("join", { address: "b" }), failsWith("invalid", /no circuit address/));
  });

  it("shows what the server is, and takes profiles of it", async () => {
    const stage = new NodeStage();
    const { member } = await stage.start("a");
    const client = await stage.client("a");
    await client.ask("make.channel", { path: ["c"], capacity: 1 });
    const { kind, stat } = await client.ask("peek", { path: [] });
    assert.equal(kind, "server");
    const shown = v.parse(serverStatSchema, stat);
    assert.deepEqual([shown.Addr, shown.Joined, shown.Host.Hostname], [member.address, "2023-11-14T22:13:20.000Z", "a"]);
    assert.deepEqual([shown.Elements, shown.Members], [1, 1]);
    const read = async (name: string) => {
      let text = "";
      for await (const { body } of client.open("profile", { name }).parts()) text += new TextDecoder().decode(body);
      return text;
    };
    assert.deepEqual([await read("cpu"), await read("allocs")], ["cpu for 5 s", "heap for 5 s"]);
    await assert.rejects(
      client.ask("profile", { name: "mutex" }),
      failsWith("invalid", /no profile "mutex"; there are "cpu" \(time\), "heap" \(memory\)/),
    );
  });

  it("answers before it does what suicide asks for", async () => {
    const stage = new NodeStage();
    const { node, suicides } = await stage.start("a");
    const client = await stage.client("a");
    assert.deepEqual(await client.ask("suicide", {}), {});
    await stage.clock.pass(1);
    assert.equal(suicides.length, 1);
    await node.leave(true);
  });

  it("leaves: whoever waits is told, what is there goes, and nobody comes in any more", async () => {
    const stage = new NodeStage();
    const { node, membership } = await stage.start("a");
    const client = await stage.client("a");
    await client.ask("make.channel", { path: ["c"], capacity: 1 });
    const waiting = client.ask("recv", { path: ["c"] }, { ended: false });
    const watching = client.ask("members.watch", {}, { deadline: null });
    const told = [assert.rejects(waiting, failsWith("scrubbed")), assert.rejects(watching, failsWith("lost"))];
    await stage.clock.pass(1);
    await Promise.all([node.leave(true), node.leave(true)]);
    await Promise.all(told);
    assert.equal((await client.ended).kind, "bye");
    assert.ok(membership.hasLeft);
    await assert.rejects(stage.client("a"));
    assert.equal(stage.clock.armed, 0);
  });
});

describe("the circusd behind a node", () => {
  const replies: Record<string, Record<string, unknown>> = {
    status: { status: "active", time: 1 },
    numprocesses: { status: "ok", numprocesses: 2 },
    list: { status: "ok", pids: [11, 12] },
    options: { status: "ok", options: { cmd: "sleep" } },
  };

  const circus = {
    command: async (command: string) => replies[command] ?? { status: "error", reason: `no ${command}` },
    watchers: async () => ["web", "a/b", ".."],
    async *events(topics: readonly string[]) {
      yield { topic: `${topics[0] ?? ""}spawn`, body: { pid: 1 } };
    },
  };

  it("stands in the tree with its watchers, to be looked at alone", async () => {
    const stage = new NodeStage();
    await stage.start("a", { circus });
    const client = await stage.client("a");
    const { entries } = await client.ask("list", { path: [], depth: null });
    assert.deepEqual(
      entries.map(({ path, kind }) => `${path.join("/")} ${kind ?? "-"}`),
      ["circus -", "circus/%2E. watcher", "circus/a%2Fb watcher", "circus/web watcher"],
    );
    const { kind, stat } = await client.ask("peek", { path: ["circus", "web"] });
    assert.equal(kind, "watcher");
    assert.deepEqual(stat, { Name: "web", Status: "active", NumProcesses: 2, Pids: [11, 12], Options: { cmd: "sleep" } });
    await assert.rejects(client.ask("scrub", { path: ["circus", "web"] }), failsWith("refused", /watchers belong to circusd/));
    await assert.rejects(client.ask("make.channel", { path: ["circus", "c"], capacity: 0 }), failsWith("refused", /watchers belong/));
    await assert.rejects(client.ask("peek", { path: ["circus", "x"] }), failsWith("no-such-anchor"));
    await assert.rejects(client.ask("send", { path: ["circus", "web"] }), failsWith("wrong-element", /is a watcher/));
  });

  it("is given commands, and its events are passed on", async () => {
    const stage = new NodeStage();
    await stage.start("a", { circus });
    await stage.start("b");
    const client = await stage.client("a");
    assert.deepEqual(await client.ask("circus", { command: "numprocesses", properties: {} }), { reply: replies["numprocesses"] });
    const seen: unknown[] = [];
    for await (const { value } of client.open("circus.events", { topics: ["watcher."] }).parts()) seen.push(value);
    assert.deepEqual(seen, [{ topic: "watcher.spawn", body: { pid: 1 } }]);
    const other = await stage.client("b");
    await assert.rejects(other.ask("circus", { command: "list", properties: {} }), failsWith("unavailable", /No circusd/));
  });

  it("is not listened to any longer than somebody wants its events", async () => {
    const stage = new NodeStage();
    const left: string[] = [];
    const quiet = {
      ...circus,
      async *events(topics: readonly string[], signal: AbortSignal) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        left.push(...topics);
        yield* [];
      },
    };
    await stage.start("a", { circus: quiet });
    const client = await stage.client("a");
    const call = client.open("circus.events", { topics: ["watcher."] }, { deadline: null });
    await stage.clock.pass(1);
    assert.deepEqual(left, []);
    call.cancel("enough");
    await stage.clock.pass(1);
    assert.deepEqual(left, ["watcher."]);
  });

  it("that does not answer is a line of the listing, not its end", async () => {
    const stage = new NodeStage();
    const dead = { ...circus, watchers: async () => Promise.reject(new Error("no answer within 5 s")) };
    await stage.start("a", { circus: dead });
    const client = await stage.client("a");
    assert.deepEqual((await client.ask("list", { path: [], depth: null })).entries, [{ path: ["circus"], kind: null }]);
    await assert.rejects(client.ask("peek", { path: ["circus", "web"] }), failsWith("unavailable", /no answer within 5 s/));
  });
});
