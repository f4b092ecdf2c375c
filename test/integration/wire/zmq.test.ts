import assert from "node:assert/strict";
import { stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { connect as connectRaw } from "node:net";
import { once } from "node:events";
import test, { type TestContext } from "node:test";
import { Dealer, Request as Req, Subscriber } from "zeromq";
import { CircusClient } from "../../../src/client/index.js";
import { errorReply, okReply } from "../../../src/wire/reply.js";
import { decodeRequest } from "../../../src/wire/request.js";
import type { ControlServer, Incoming } from "../../../src/wire/transport.js";
import { openZmq } from "../../../src/wire/zmq/transport.js";
import { tempDir } from "../../helpers/temp.js";

const limits = { maxFrame: 65_536 };

/** Answers everything, as the daemon does. */
function answer(incoming: Incoming): void {
  const decoded = decodeRequest(incoming.frames);
  if (decoded.kind === "request") incoming.respond(okReply({}, { id: decoded.request.id, time: 1 }));
  else incoming.respond(errorReply(decoded.reply, 1));
}

async function serve(context: TestContext): Promise<ControlServer> {
  const server = await (await openZmq()).serve("tcp://127.0.0.1:0", limits, answer);
  context.after(() => server.close());
  return server;
}

async function isAnswering(endpoint: string): Promise<void> {
  await using client = new CircusClient({ transport: await openZmq(), endpoint, timeout: 20 });
  assert.equal((await client.call("list", {})).status, "ok");
}

test("a REQ socket gets its answer, also to what is no request", async (t) => {
  const { endpoint } = await serve(t);
  const socket = new Req({ linger: 0 });
  t.after(() => socket.close());
  socket.connect(endpoint);
  for (const [frames, expected] of [
    [['{"command":"list","id":"x"}'], /"status": "ok".*"id": "x"/],
    [["nonsense"], /json invalid/],
    [[""], /json invalid/],
    [["[]", "[]"], /1 frame expected, 2 received/],
  ] as const) {
    await socket.send([...frames]);
    const reply = await socket.receive();
    assert.equal(reply.length, 1);
    assert.match(String(reply[0]), expected);
  }
});

test("a DEALER socket gets an answer in the frames that it sent", async (t) => {
  const { endpoint } = await serve(t);
  const socket = new Dealer({ linger: 0 });
  t.after(() => socket.close());
  socket.connect(endpoint);
  for (const [frames, count, expected] of [
    [["", '{"command":"list"}'], 2, /"status": "ok"/],
    [['{"command":"list"}'], 1, /"status": "ok"/],
    [[""], 1, /json invalid/],
    [["a", "b", "c"], 1, /1 frame expected, 3 received/],
  ] as const) {
    await socket.send([...frames]);
    const reply = await socket.receive();
    assert.equal(reply.length, count);
    assert.match(String(reply.at(-1)), expected);
  }
});

test("10,000 malformed frames of many kinds leave the endpoint answering, each with its error", async (t) => {
  const { endpoint } = await serve(t);
  const kinds: readonly (string | Buffer)[] = [
    "",
    "nonsense",
    "{",
    "[]",
    "null",
    '"list"',
    '{"id":1}',
    '{"command":{}}',
    '{"command":"bogus"}',
    '{"command":"__proto__","__proto__":1}',
    '{"command":"incr","properties":{"name":[],"nb":{}}}',
    '{"command":"set","properties":{"name":"a","options":{"__proto__":{}}}}',
    `{"command":"list","id":${"[".repeat(1000)}${"]".repeat(1000)}}`,
    `{"command":"list","id":${"[".repeat(30_000)}`,
    `{"command":"${"x".repeat(10_000)}"}`,
    '{"command":"kill","properties":{"name":"a","graceful_timeout":1e999}}',
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.alloc(2000),
    Buffer.from("\u{feff}{}"),
  ];
  const socket = new Dealer({ linger: 0 });
  t.after(() => socket.close());
  socket.connect(endpoint);
  for (let round = 0; round < 10_000 / kinds.length; round += 1) {
    for (const kind of kinds) await socket.send(kind);
    for (const kind of kinds) {
      const [reply] = await socket.receive();
      assert.match(String(reply), /^\{"status": "error"/, String(kind).slice(0, 80));
    }
  }
  await isAnswering(endpoint);
});

test("bytes that are not ZeroMQ's protocol leave the endpoint answering", async (t) => {
  const { endpoint } = await serve(t);
  const port = Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));
  for (const noise of [
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(5000, 0xff),
    Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 9]),
  ]) {
    const socket = connectRaw(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.end(noise);
    socket.resume();
    // Not events.once: it would take the reset, which is as good an end as any, for a failure.
    await new Promise((resolve) => socket.once("close", resolve));
  }
  await isAnswering(endpoint);
});

test("a frame beyond the limit cuts the connection of its sender alone", async (t) => {
  const { endpoint } = await serve(t);
  await using other = new CircusClient({ transport: await openZmq(), endpoint });
  await other.call("list", {});
  const socket = new Dealer({ linger: 0 });
  t.after(() => socket.close());
  const events = socket.events;
  socket.connect(endpoint);
  await socket.send(Buffer.alloc(limits.maxFrame + 1));
  for await (const { type } of events) if (type === "disconnect") break;
  assert.equal((await other.call("list", {})).status, "ok");
});

test("a client that never reads costs a bounded queue of replies, and others are answered", async (t) => {
  const { endpoint } = await serve(t);
  const socket = new Dealer({ linger: 0, receiveHighWaterMark: 1, receiveBufferSize: 4096 });
  t.after(() => socket.close());
  socket.connect(endpoint);
  const id = "x".repeat(4000);
  const sent = 10_000;
  for (let i = 0; i < sent; i += 1) await socket.send(`{"command":"list","id":"${id}"}`);
  await isAnswering(endpoint);
  let received = 0;
  let ended = false;
  const drained = (async () => {
    for (; !ended; received += 1) ended = String((await socket.receive())[0]).includes('"id": "end"');
  })();
  while (!ended) {
    await socket.send('{"command":"list","id":"end"}');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await drained;
  assert.ok(received < 5000, `${received} of ${sent} replies were kept`);
});

test("a subscriber that never reads costs a bounded queue of events, and others get theirs", async (t) => {
  const server = await (await openZmq()).publish("tcp://127.0.0.1:0");
  t.after(() => server.close());
  const [slow, quick] = [new Subscriber({ receiveHighWaterMark: 1, receiveBufferSize: 4096 }), new Subscriber({ receiveHighWaterMark: 0 })];
  for (const socket of [slow, quick]) {
    t.after(() => socket.close());
    socket.subscribe("");
    socket.connect(server.endpoint);
  }
  const ready = Promise.all([slow.receive(), quick.receive()]);
  let connected = false;
  void ready.then(() => (connected = true));
  while (!connected) {
    server.publish("hello", "{}");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const [told, batch] = [60_000, 1000];
  const body = "x".repeat(1000);
  for (let sent = 0; sent < told; sent += batch) {
    for (let i = 0; i < batch; i += 1) server.publish("event", body);
    for (let heard = 0; heard < batch;) if (String((await quick.receive())[0]) === "event") heard += 1;
  }
  let kept = 0;
  let ended = false;
  const drained = (async () => {
    for (;;) {
      const topic = String((await slow.receive())[0]);
      if (topic === "end") return (ended = true);
      if (topic === "event") kept += 1;
    }
  })();
  while (!ended) {
    server.publish("end", "{}");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await drained;
  assert.ok(kept < 20_000, `${kept} of ${told} events were kept`);
});

test("a port of 0 is told as the port that was bound, with the host as it was written", async () => {
  const transport = await openZmq();
  for (const asked of ["tcp://127.0.0.1:0", "tcp://*:0", "tcp://127.0.0.1:*"]) {
    const server = await transport.serve(asked, limits, answer);
    assert.match(server.endpoint, /^tcp:\/\/(127\.0\.0\.1|\*):[1-9]\d+$/);
    await isAnswering(server.endpoint.replace("*", "127.0.0.1"));
    await server.close();
  }
});

test("a unix socket is private, leaves with its server and takes the place of a dead one", async (t) => {
  const transport = await openZmq();
  const path = (await tempDir(t)).join("circus.sock");
  for (let round = 0; round < 2; round += 1) {
    await leaveSocketBehind(path);
    const server = await transport.serve(`ipc://${path}`, limits, answer);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await isAnswering(server.endpoint);
    await server.close();
    await assert.rejects(stat(path), { code: "ENOENT" });
  }
});

/** Leaves the file of a unix socket that nobody listens on, as a killed daemon does. */
async function leaveSocketBehind(path: string): Promise<void> {
  const { execFile } = await import("node:child_process");
  const script = 'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
  await once(execFile(process.execPath, ["-e", script, path]), "exit");
  assert.ok((await stat(path)).isSocket());
}

test("a unix socket of another living program is left alone", async (t) => {
  const path = (await tempDir(t)).join("other.sock");
  const other: Server = createServer().listen(path);
  await once(other, "listening");
  await assert.rejects((await openZmq()).serve(`ipc://${path}`, limits, answer), /address already in use; is another circusd running\?$/);
  assert.ok((await stat(path)).isSocket());
  other.close();
});

test("an endpoint that cannot be bound is refused with what to do about it", async (t) => {
  const transport = await openZmq();
  const dir = await tempDir(t);
  await writeFile(dir.join("file"), "precious");
  for (const [endpoint, message] of [
    [`ipc://${dir.join("none", "c.sock")}`, /: no such directory ".*none"; create it first$/],
    [`ipc://${dir.join("file")}`, /exists and is no socket; remove it or choose another path$/],
    [`ipc://${dir.join("x".repeat(120))}`, /longer than a unix socket's may be/],
    ["bogus", /: not an endpoint; write tcp:\/\/HOST:PORT or ipc:\/\/PATH$/],
    ["carrier-pigeon://home", /: not an endpoint/],
    ["tcp://127.0.0.1", /: not an endpoint/],
    ["tcp://192.0.2.1:5555", /: no such address on this host/],
    ["tcp://no-such-interface:5555", /: no such address on this host/],
  ] as const) {
    await assert.rejects(transport.serve(endpoint, limits, answer), (error) => {
      assert.ok(error instanceof Error);
      assert.ok(error.message.startsWith(`Cannot bind control endpoint "${endpoint}": `), error.message);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.equal((await stat(dir.join("file"))).size, 8);
  assert.throws(() => transport.connect("bogus"), /^Error: Cannot connect to "bogus": not an endpoint/);
  assert.throws(() => transport.subscribe("bogus", [""]), /^Error: Cannot connect to "bogus": not an endpoint/);
});

test("a reply and a cast still arrive when their sender closes at once", async () => {
  const transport = await openZmq();
  for (let round = 0; round < 20; round += 1) {
    let arrived = (_incoming: Incoming): void => {};
    const request = new Promise<Incoming>((resolve) => (arrived = resolve));
    const server = await transport.serve("tcp://127.0.0.1:0", limits, (incoming) => arrived(incoming));
    await using asking = new CircusClient({ transport, endpoint: server.endpoint });
    if (round % 2 === 0) {
      const reply = asking.call("quit", { waiting: true });
      answer(await request);
      await Promise.all([server.close(), reply]);
    } else {
      const casting = new CircusClient({ transport, endpoint: server.endpoint });
      await casting.cast("quit", {});
      await casting.close();
      await request;
      await server.close();
    }
  }
});
