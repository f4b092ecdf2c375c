/** Clients that are broken, rude or hostile: circusd goes on answering others, and does not grow. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { Dealer, Request, Subscriber } from "zeromq";
import { Daemon } from "../helpers/daemon.js";
import { descriptorsOf, eventually, memoryOf } from "../helpers/facts.js";

/** What circusd may grow by while it is ill-treated; a leak of each request would be many times that. */
const ROOM = 96 * 1024 * 1024;

/** A socket of the bare library, gone with its test. */
function dealer(t: TestContext, daemon: Daemon, routingId?: string): Dealer {
  const socket = new Dealer({
    linger: 0,
    sendHighWaterMark: 0,
    receiveHighWaterMark: 0,
    ...(routingId === undefined ? {} : { routingId }),
  });
  socket.connect(daemon.endpoint);
  t.after(() => socket.close());
  return socket;
}

function parsed(frames: readonly Buffer[]): Record<string, unknown> {
  const value: unknown = JSON.parse(frames.at(-1)?.toString() ?? "");
  assert.ok(typeof value === "object" && value !== null);
  return { ...value };
}

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const command = (name: string, properties: unknown) => JSON.stringify({ id: "x", command: name, properties });

/** Bodies that are wrong in every way; each is answered with an error. */
const MALFORMED: readonly (string | Buffer)[] = [
  "",
  "   ",
  "{",
  "nonsense",
  "null",
  "5",
  "[]",
  '"text"',
  "{}",
  '{"command": null}',
  '{"command": 5}',
  '{"command": ["list"]}',
  '{"command": {"__proto__": {"x": 1}}}',
  '{"command": "__proto__"}',
  '{"command": "constructor"}',
  '{"command": "toString", "id": 1}',
  '{"command": "no such command"}',
  `{"command": "${"x".repeat(10_000)}"}`,
  '{"command": "status", "properties": "web"}',
  '{"command": "get", "properties": {"name": "web", "keys": ["__proto__"]}}',
  '{"command": "set", "properties": {"name": "web", "options": {"__proto__": {"polluted": 1}, "numprocesses": "x"}}}',
  '{"command": "set", "properties": {"name": "web", "options": {"constructor.prototype.polluted": 1, "uid": []}}}',
  `{"command": "status", "properties": {"name": ${deep(500)}}}`,
  `{"id": ${deep(10_000)}, "command": "list"}`,
  `{"command": "list", "properties": {"name": "${"n".repeat(100_000)}"}}`,
  '{"command": "list", "properties": {"name": "\\ud800 \\u0000 \\n"}}',
  '{"command": "signal", "properties": {"name": "web", "signum": 1e308}}',
  '{"command": "signal", "properties": {"name": "web", "signum": -9}}',
  '{"command": "kill", "properties": {"name": "web", "pid": -1, "signum": 99}}',
  '{"command": "incr", "properties": {"name": "web", "nb": 1.5}}',
  '{"command": "incr", "properties": {"name": "web", "nb": -1e999}}',
  '{"command": "start", "properties": {"name": "(", "match": "regex"}}',
  '{"command": "add", "properties": {"name": "", "cmd": "true"}}',
  '{"command": "add", "properties": {"name": "evil", "cmd": {"toString": 1}}}',
  '{"command": "stats", "properties": {"name": "web", "process": "../../etc/passwd"}}',
  Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x7b]),
  Buffer.from('{"command": "list", "x": "\xff\xc0"}', "latin1"),
  Buffer.alloc(4096),
];

test("10,000 malformed requests are each answered with an error, and others are answered meanwhile", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const [pid] = await daemon.processes("web", 1);
  const rude = dealer(t, daemon, "\x01\xff rude");
  const round = async () => {
    for (const body of MALFORMED) await rude.send(body);
    for (const body of MALFORMED) {
      const reply = parsed(await rude.receive());
      assert.equal(reply["status"], "error", `${String(body).slice(0, 80)}: ${JSON.stringify(reply)}`);
      assert.equal(reply["tb"], null);
    }
  };
  await round();
  const before = memoryOf(daemon.pid);
  for (let sent = MALFORMED.length; sent < 10_000; sent += MALFORMED.length) {
    const [reply] = await Promise.all([daemon.client.call("list", { name: "web" }), round()]);
    assert.deepEqual("pids" in reply ? reply.pids : null, [pid]);
  }
  assert.ok(memoryOf(daemon.pid) - before < ROOM, `grew by ${memoryOf(daemon.pid) - before} bytes`);
  assert.doesNotMatch(daemon.output, /internal:/);
  assert.equal(await daemon.status("web"), "active");
  const { watchers } = { watchers: [], ...(await daemon.client.call("list", {})) };
  assert.deepEqual(watchers, ["web"]);
});

test("REQ sockets, other frame counts and binary ids get answers that they can read", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const req = new Request({ linger: 0 });
  req.connect(daemon.endpoint);
  t.after(() => req.close());
  await req.send(command("list", {}));
  assert.deepEqual(parsed(await req.receive())["watchers"], ["web"]);
  await req.send(["two", "frames"]);
  assert.equal(parsed(await req.receive())["status"], "error");
  const many = dealer(t, daemon);
  for (const frames of [["a", "b"], Array<string>(500).fill("x"), ["", "", ""], ["{", ""]]) {
    await many.send(frames);
    assert.equal(parsed(await many.receive())["status"], "error");
  }
  for (const id of ["text", 7, null, [1, { a: 2 }], { nested: [{}] }]) {
    await many.send(JSON.stringify({ id, command: "numwatchers" }));
    const reply = parsed(await many.receive());
    assert.deepEqual([reply["status"], reply["id"]], ["ok", id]);
  }
});

test("a frame beyond the limit costs its sender the connection and nobody else anything", async (t) => {
  const daemon = await Daemon.start(t);
  const before = memoryOf(daemon.pid);
  for (let count = 0; count < 20; count += 1) {
    const sender = dealer(t, daemon);
    await sender.send(Buffer.alloc(8 * 1024 * 1024, " "));
    assert.deepEqual((await daemon.client.call("numwatchers", {})).numwatchers, 0);
    sender.close();
  }
  assert.ok(memoryOf(daemon.pid) - before < ROOM, `grew by ${memoryOf(daemon.pid) - before} bytes`);
});

/** A connection, or null where the queue of those that wait is full for the moment (EAGAIN). */
async function connected(path: string): Promise<Socket | null> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch {
    return null;
  }
  socket.on("error", () => undefined);
  return socket;
}

test("thousands of connections that come and go, with nonsense or silence, leave nothing behind", async (t) => {
  const daemon = await Daemon.start(t);
  const descriptors = descriptorsOf(daemon.pid);
  const path = daemon.dir.join("control.sock");
  const visit = async (number: number) => {
    const socket = await eventually(
      () => connected(path),
      (one) => one !== null,
    );
    assert.ok(socket !== null);
    if (number % 3 === 1) socket.write("GET / HTTP/1.1\r\nHost: circus\r\n\r\n");
    if (number % 3 === 2) socket.write(Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3]));
    socket.destroy();
  };
  for (let number = 0; number < 2_000; number += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => visit(number + index)));
    assert.equal((await daemon.client.call("numwatchers", {})).numwatchers, 0);
  }
  await eventually(
    () => descriptorsOf(daemon.pid),
    (open) => open <= descriptors + 5,
  );
});

test("a client that asks and never reads costs no more than its share", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const before = memoryOf(daemon.pid);
  const silent = new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 1 });
  silent.connect(daemon.endpoint);
  t.after(() => silent.close());
  for (let count = 0; count < 20_000; count += 1) await silent.send(command("options", { name: "web" }));
  for (let count = 0; count < 100; count += 1) await daemon.client.call("options", { name: "web" });
  assert.ok(memoryOf(daemon.pid) - before < ROOM, `grew by ${memoryOf(daemon.pid) - before} bytes`);
});

test("a subscriber that never reads costs no more than its share of 20,000 events", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600\nautostart = False" });
  const deaf = new Subscriber({ linger: 0, receiveHighWaterMark: 1 });
  deaf.connect(daemon.pubsub);
  deaf.subscribe("");
  t.after(() => deaf.close());
  const before = memoryOf(daemon.pid);
  const options = Object.fromEntries(["warmup_delay", "graceful_timeout", "restart_delay", "restart_max_delay"].map((name) => [name, 1]));
  const updates = Object.keys(options).length;
  for (let told = 0; told < 20_000; told += 100 * updates) {
    await Promise.all(Array.from({ length: 100 }, () => daemon.client.call("set", { name: "web", options })));
  }
  await daemon.event("watcher.web.updated", 20_000);
  assert.ok(memoryOf(daemon.pid) - before < ROOM, `grew by ${memoryOf(daemon.pid) - before} bytes`);
  await daemon.client.call("start", { name: "web", waiting: true });
  await daemon.event("watcher.web.start");
});

test("patterns that would take for ever are refused or matched in a moment, and circusd goes on", async (t) => {
  const daemon = await Daemon.start(t, { ini: "[watcher:web]\ncmd = sleep 3600" });
  const name = "a".repeat(60);
  await daemon.client.call("add", { name, cmd: "sleep 1" });
  await assert.rejects(daemon.client.call("stop", { name: "^(a+)+b", match: "regex" }), /takes too long/);
  await assert.rejects(daemon.client.call("stop", { name: `${"*a".repeat(30)}b` }), /not found/);
  await assert.rejects(daemon.client.call("incr", { name: "web", nb: 1e9 }), /100000 is the most/);
  assert.equal(await daemon.status("web"), "active");
});
