/** What a listener of links withstands: those who do not keep to ZeroMQ's protocol, or to the circuit's, or to any measure. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { openLinks } from "../../../src/wire/zmq/links.js";
import { descriptorsOf, eventually, memoryOf } from "../../helpers/facts.js";
import { Ear, Peer, SILENCE, Stage } from "../../helpers/link-stage.js";

const KEY = randomBytes(64);
const MEGABYTE = 1024 * 1024;

const NULL_GREETING = greeting("NULL");

function greeting(mechanism: string): Buffer {
  const bytes = Buffer.alloc(64);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.write(mechanism, 12, "latin1");
  return bytes;
}

function property(name: string, value: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
}

function command(name: string, ...properties: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([name.length]), Buffer.from(name), ...properties]);
  return Buffer.concat([Buffer.from([4, body.length]), body]);
}

/** A short frame, the last of its message. */
function frame(body: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0, body.length]), Buffer.from(body)]);
}

/** The head of a long frame. */
function longFrame(length: bigint): Buffer {
  const head = Buffer.alloc(9);
  head[0] = 2;
  head.writeBigUInt64BE(length, 1);
  return head;
}

async function raw(t: TestContext, endpoint: string): Promise<Socket> {
  const socket = connect(Number(endpoint.slice(endpoint.lastIndexOf(":") + 1)), "127.0.0.1");
  t.after(() => socket.destroy());
  // That the other side hangs up is what many of them are for.
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Somebody who speaks ZeroMQ correctly, and may do what it likes from then on. */
async function zeromqPeer(t: TestContext, endpoint: string): Promise<Socket> {
  const socket = await raw(t, endpoint);
  const came: Buffer[] = [];
  socket.on("data", (bytes) => came.push(bytes));
  socket.write(
    Buffer.concat([
      NULL_GREETING,
      command("READY", property("Socket-Type", "DEALER"), property("Identity", randomBytes(8).toString("hex"))),
    ]),
  );
  await eventually(
    () => Buffer.concat(came).toString("latin1"),
    (text) => text.includes("READY"),
  );
  return socket;
}

async function hungUp(socket: Socket): Promise<void> {
  socket.resume();
  // Not `once`, which takes the reset that some of them get for a failure.
  if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}

for (const keys of [[], [KEY]]) {
  const kind = keys.length === 0 ? "a listener without a key" : "a listener with a key";

  test(`${kind} goes on serving when it is sent what is no ZeroMQ`, async (t) => {
    const stage = await Stage.of(t, { keys });
    const standing = await stage.pair(keys);
    for (const bytes of [
      randomBytes(1),
      randomBytes(64),
      randomBytes(100_000),
      Buffer.alloc(1000, 0xff),
      Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      NULL_GREETING,
      Buffer.concat([NULL_GREETING, randomBytes(5000)]),
      Buffer.concat([greeting("CURVE"), randomBytes(5000)]),
      Buffer.concat([greeting("CURVE"), command("HELLO", randomBytes(194))]),
      Buffer.concat([greeting("CURVE"), command("INITIATE", randomBytes(200))]),
      Buffer.concat([greeting("PLAIN"), command("HELLO", property("a", "b"))]),
      Buffer.concat([greeting("NULL"), longFrame(2n ** 62n)]),
      Buffer.concat([greeting("CURVE"), longFrame(2n ** 63n)]),
    ]) {
      const socket = await raw(t, stage.endpoint);
      socket.end(bytes);
      await hungUp(socket);
    }
    await stage.serves(keys);
    assert.equal(standing.far.end, null);
    assert.equal(stage.accepted.length, 2);
    await stage.refused(/Refused a connection to "tcp:.*is no circuit program/);
    assert(stage.refusals.length < 10, `${stage.refusals.length} messages`);
  });

  test(`${kind} goes on serving beside half-open connections and a flood of connects`, async (t) => {
    const stage = await Stage.of(t, { keys });
    const before = descriptorsOf(process.pid);
    const idle = await Promise.all(Array.from({ length: 200 }, () => raw(t, stage.endpoint)));
    for (const [index, socket] of idle.entries()) if (index % 2 === 0) socket.write(NULL_GREETING.subarray(0, index % 64));
    await stage.serves(keys);
    for (let round = 0; round < 10; round += 1) {
      const flood = await Promise.all(Array.from({ length: 50 }, () => raw(t, stage.endpoint)));
      for (const socket of flood) socket.destroy();
    }
    await stage.serves(keys);
    for (const socket of idle) socket.destroy();
    await eventually(
      () => descriptorsOf(process.pid),
      (count) => count < before + 40,
    );
    assert(stage.refusals.length < 10, `${stage.refusals.length} messages`);
  });
}

test("a frame that is longer than any packet ends the connection before it is read", async (t) => {
  const stage = await Stage.of(t);
  for (const length of [3n * 1024n * 1024n, 2n ** 40n, 2n ** 63n]) {
    const peer = await zeromqPeer(t, stage.endpoint);
    peer.write(frame("CIRCUIT/1 somebody"));
    peer.write(longFrame(length));
    await hungUp(peer);
  }
  await stage.serves();
  for (const ear of stage.accepted.slice(0, 3)) assert.equal((await ear.ended()).kind, "lost");
});

test("who breaks the protocol is told so and is rid of, and nobody else", async (t) => {
  const stage = await Stage.of(t);
  const standing = await stage.pair();
  const peer = await zeromqPeer(t, stage.endpoint);
  peer.write(frame("CIRCUIT/1 somebody\u0007"));
  await stage.refused(/is no circuit program/);
  const second = await zeromqPeer(t, stage.endpoint);
  const came: Buffer[] = [];
  second.on("data", (bytes) => came.push(bytes));
  second.write(frame("CIRCUIT/1 somebody"));
  const far = await eventually(
    () => stage.accepted[1],
    (ear) => ear !== undefined,
  );
  second.write(Buffer.concat([frame("what"), frame("ever")]));
  const end = await far?.ended();
  assert.equal(end?.kind, "violation");
  assert.match(end.message, /"somebody" does not keep to the protocol: a packet is cut off/);
  await eventually(
    () => Buffer.concat(came).toString("latin1"),
    (text) => text.includes('{"kind":"bye"'),
  );
  assert.equal(standing.far.end, null);
  await stage.serves();
});

test("a dialer whose listener breaks the protocol ends the link", async (t) => {
  const stage = await Stage.of(t);
  const { near, far } = await stage.pair();
  far.link.send({ kind: "error", call: 1, code: "x".repeat(300), message: "" });
  assert.equal((await near.ended()).kind, "violation");
  assert.equal((await far.ended()).kind, "bye");
});

test("a connection that is reset while a program is too busy to read it ends nothing but itself", async (t) => {
  const program = new Peer(t);
  const endpoint = await program.listen(600);
  const peer = await zeromqPeer(t, endpoint);
  program.order({ do: "block", for: 1200 });
  peer.write(Buffer.concat([frame("CIRCUIT/1 somebody"), ...Array.from({ length: 5000 }, () => frame("xyz"))]), () =>
    peer.resetAndDestroy(),
  );
  await program.told("unblocked");
  const links = await openLinks();
  const near = new Ear(await links.dial(endpoint, { keys: [], silence: SILENCE, timeout: 20_000 }));
  near.link.close("seen");
});

for (const [who, first] of [
  ["who says no hello", frame("x")],
  ["who breaks the protocol after it", frame("CIRCUIT/1 somebody")],
] as const) {
  test(`${who} costs no memory, however much it sends`, async (t) => {
    const program = new Peer(t);
    const endpoint = await program.listen(SILENCE);
    const peer = await zeromqPeer(t, endpoint);
    peer.write(first);
    const before = memoryOf(program.pid);
    const flood = Buffer.concat(Array.from({ length: 100_000 }, () => frame("xyz")));
    for (let sent = 0; sent < 64 * MEGABYTE; sent += flood.length) peer.write(flood);
    const links = await openLinks();
    const near = new Ear(await links.dial(endpoint, { keys: [], silence: SILENCE, timeout: 20_000 }));
    assert(memoryOf(program.pid) < before + 30 * MEGABYTE);
    near.link.close("seen");
  });
}
