import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import test, { type TestContext } from "node:test";
import { Router } from "zeromq";
import { DialError, type Link, type LinkEnd } from "../../../src/wire/circuit/link.js";
import type { Packet } from "../../../src/wire/circuit/packet.js";
import { openLinks } from "../../../src/wire/zmq/links.js";
import { listeningPair } from "../../../src/wire/zmq/curve.js";
import { keepDoor } from "../../../src/wire/zmq/zap.js";
import { makeContext } from "../../../src/wire/zmq/sockets.js";
import { eventually } from "../../helpers/facts.js";
import { Ear, OPEN, Peer, SILENCE, Stage } from "../../helpers/link-stage.js";

const OLD = randomBytes(64);
const NEW = randomBytes(64);
const OTHER = randomBytes(64);

async function failureOf(dialing: Promise<Link>): Promise<DialError> {
  const outcome = await dialing.catch((cause: unknown) => cause);
  assert(outcome instanceof DialError, "a link came about");
  return outcome;
}

async function listening(t: TestContext, server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `tcp://127.0.0.1:${portOf(server)}`;
}

function portOf(server: Server): number {
  const address = server.address() as AddressInfo;
  return address.port;
}

for (const keys of [[], [OLD]]) {
  test(`packets go both ways and in order, ${keys.length === 0 ? "without a key" : "with one"}`, async (t) => {
    const stage = await Stage.of(t, { keys });
    const { near, far } = await stage.pair(keys);
    const sent: Packet[] = [];
    for (let call = 0; call < 200; call += 1) {
      const body = new Uint8Array(call % 7 === 0 ? 20_000 : call % 50).fill(call % 256);
      sent.push({ ...OPEN, call, body }, { kind: "data", call, mine: true, part: { value: call, body } });
    }
    for (const packet of sent) {
      near.link.send(packet);
      far.link.send(packet);
    }
    for (const ear of [near, far]) assert.deepEqual((await ear.heard(sent.length)).map(plain), sent.map(plain));
    assert.equal(near.link.peer, stage.endpoint);
    assert.match(far.link.peer, new RegExp(`^pid ${process.pid} on `));
  });
}

/** Bodies come as Buffers, which are unequal to arrays of the same bytes. */
function plain(packet: Packet): unknown {
  if (packet.kind === "open") return { ...packet, body: hex(packet.body) };
  return packet.kind === "data" ? { ...packet, part: { ...packet.part, body: hex(packet.part.body) } } : packet;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

test("who closes is told so, the other hears the reason, and nothing more is sent", async (t) => {
  const stage = await Stage.of(t);
  for (const closer of ["near", "far"] as const) {
    const pair = await stage.pair();
    const other = closer === "near" ? pair.far : pair.near;
    pair[closer].link.send(OPEN);
    pair[closer].link.close("enough");
    pair[closer].link.close("again");
    pair[closer].link.send(OPEN);
    assert.deepEqual(await pair[closer].ended(), { kind: "closed", message: "enough" });
    assert.deepEqual(await other.ended(), { kind: "bye", message: "enough" });
    assert.equal(other.packets.length, 1);
  }
});

test("an answer to what came together with the good-bye is dropped", async (t) => {
  const stage = await Stage.of(t);
  const near = await stage.dial();
  const far = stage.accepted[0];
  const ended = new Promise<LinkEnd>((resolve) => {
    near.start({ packet: () => near.send({ kind: "result", call: 1, value: null }), ended: resolve });
  });
  far?.link.send(OPEN);
  far?.link.close("no time for answers");
  assert.equal((await ended).kind, "bye");
  await stage.serves();
  assert.equal(far?.packets.length, 0);
});

test("what comes before the start is kept, with the end behind it", async (t) => {
  const links = await openLinks();
  let taken: Link | null = null;
  const listener = await links.listen(
    "tcp://127.0.0.1:0",
    { keys: [], silence: SILENCE },
    { accepted: (link) => (taken = link), refused() {} },
  );
  t.after(() => listener.close());
  const near = new Ear(await links.dial(listener.endpoint, { keys: [], silence: SILENCE, timeout: 20_000 }));
  near.link.send(OPEN);
  near.link.send({ kind: "end", call: 1, mine: true });
  near.link.close("done");
  await near.ended();
  const link = await eventually(
    () => taken,
    (value) => value !== null,
  );
  assert(link !== null);
  const ear = new Ear(link);
  assert.equal((await ear.ended()).kind, "bye");
  assert.deepEqual(
    ear.packets.map(({ kind }) => kind),
    ["open", "end"],
  );
});

test("who sends too much before anything was answered breaks the protocol", async (t) => {
  const links = await openLinks();
  const listener = await links.listen("tcp://127.0.0.1:0", { keys: [], silence: SILENCE }, { accepted() {}, refused() {} });
  t.after(() => listener.close());
  const near = new Ear(await links.dial(listener.endpoint, { keys: [], silence: SILENCE, timeout: 20_000 }));
  for (let call = 0; call < 1001; call += 1) near.link.send({ ...OPEN, call });
  const end = await near.ended();
  assert.equal(end.kind, "bye");
  assert.match(end.message, /more than may come/);
});

test("what cannot be sent fails its call on both sides, and the link goes on", async (t) => {
  const { near, far } = await (await Stage.of(t)).pair();
  near.link.send({ ...OPEN, call: 1, params: 1n });
  near.link.send({ kind: "data", call: 2, mine: true, part: { body: new Uint8Array(300_000) } });
  far.link.send({ kind: "result", call: 3, value: "x".repeat(2_000_000) });
  far.link.send({ kind: "data", call: 4, mine: false, part: { value: 1n, body: new Uint8Array(0) } });
  const codes = (await near.heard(4)).map((packet) => (packet.kind === "error" ? `${packet.call} ${packet.code}` : packet.kind));
  assert.deepEqual(codes.sort(), ["1 invalid", "2 invalid", "3 internal", "4 internal"]);
  assert.deepEqual(
    (await far.heard(1)).map(({ kind }) => kind),
    ["cancel"],
  );
});

test("a link comes about when both sides know one key, in whatever place of their lists", async (t) => {
  for (const [heard, dialled, isLinked] of [
    [[OLD], [OLD], true],
    [[OLD], [OLD, NEW], true],
    [[OLD], [NEW, OLD], true],
    [[OLD, NEW], [NEW], true],
    [[OLD, NEW], [OTHER, NEW], true],
    [[NEW], [OLD], false],
    [[NEW, OLD], [OTHER], false],
    [[OLD], [], false],
    [[], [OLD], false],
  ] as const) {
    const stage = await Stage.of(t, { keys: heard });
    if (isLinked) await stage.serves(dialled);
    else {
      const failure = await failureOf(stage.dial(dialled));
      assert.equal(failure.kind, "refused-key");
      await stage.refused(
        heard.length > 0 && dialled.length > 0 ? /from 127\.0\.0\.1 .*another key/ : /Refused a connection to "tcp:.*:[1-9]/,
      );
      assert.equal(stage.accepted.length, 0);
    }
  }
});

test("keys are changed in three steps without a moment in which somebody is refused, and links stand meanwhile", async (t) => {
  const steps = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]];
  const stage = await Stage.of(t, { keys: [OLD] });
  const first = await stage.pair([OLD]);
  for (const [step, keys] of steps.entries()) {
    await stage.listener.rekey(keys);
    // The others are at this step, or one behind, or one ahead.
    for (const theirs of steps.slice(Math.max(0, step - 1), step + 2)) await stage.serves(theirs);
    first.near.link.send({ ...OPEN, call: step });
    await first.far.heard(step + 1);
  }
  assert.equal((await failureOf(stage.dial([OLD]))).kind, "refused-key");
  assert.equal(first.far.end, null);
  await assert.rejects(stage.listener.rekey([]), /Cannot take the keys away/);
});

test("a listener that has no key is not believed, though everybody can take its place", async (t) => {
  const context = makeContext();
  const router = new Router({ context, linger: 0, curveServer: true, curveSecretKey: listeningPair().secretKey });
  const door = keepDoor(context, () => true);
  t.after(() => {
    router.close();
    door.close();
  });
  await router.bind("tcp://127.0.0.1:0");
  const heard: string[] = [];
  const answering = (async () => {
    for await (const [id = Buffer.alloc(0), ...frames] of router) {
      heard.push(...frames.map(String));
      await router.send([id, "CIRCUIT/1 welcome", randomBytes(32)]);
    }
  })();
  const links = await openLinks();
  const failure = await failureOf(links.dial(router.lastEndpoint ?? "", { keys: [OLD, NEW], silence: SILENCE, timeout: 20_000 }));
  assert.equal(failure.kind, "refused-key");
  assert(heard.length > 0 && heard.every((text) => /^CIRCUIT\/1 pid \d+ on \S+$/.test(text)), heard.join());
  router.close();
  await answering;
});

test("a server that has too many links says so, and one that is none of the circuit is known by its answer", async (t) => {
  for (const [answer, expected] of [
    ["CIRCUIT/1 full", /too many links already/],
    ["hello", /no circuit server is there/],
  ] as const) {
    const router = new Router({ linger: 0 });
    t.after(() => router.close());
    await router.bind("tcp://127.0.0.1:0");
    const links = await openLinks();
    const dialling = failureOf(links.dial(router.lastEndpoint ?? "", { keys: [], silence: SILENCE, timeout: 20_000 }));
    const [id = ""] = await router.receive();
    await router.send([id, answer]);
    const failure = await dialling;
    assert.equal(failure.kind, "unreachable");
    assert.match(failure.message, expected);
  }
});

test("without a key nothing but loopback is bound, and a port in use is named", async (t) => {
  const stage = await Stage.of(t);
  const handler = { accepted() {}, refused() {} };
  await assert.rejects(stage.links.listen("tcp://0.0.0.0:0", { keys: [], silence: SILENCE }, handler), /without a key .* this host alone/);
  await assert.rejects(
    stage.links.listen(stage.endpoint, { keys: [OLD], silence: SILENCE }, handler),
    /Cannot bind circuit port "tcp:.*in use/,
  );
});

test("a dial that cannot succeed says why", async (t) => {
  const links = await openLinks();
  const options = { keys: [], silence: SILENCE, timeout: 20_000 };
  const gone = createServer();
  const closedAt = await listening(t, gone);
  gone.close();
  const deaf = await listening(
    t,
    createServer(() => {}),
  );
  const web = await listening(t, createHttpServer());
  const hangsUp = await listening(
    t,
    createServer((socket) => socket.destroy()),
  );
  for (const [endpoint, timeout, kind, message] of [
    [closedAt, 20_000, "unreachable", /nobody listens there/],
    ["tcp://no-such-host.invalid:1", 20_000, "unreachable", /name "no-such-host.invalid" is not known/],
    ["ipc:///run/x", 20_000, "unreachable", /write tcp:\/\/HOST:PORT/],
    [hangsUp, 20_000, "refused-key", /hung up/],
    [deaf, 100, "timeout", /no answer within 0.1 s/],
    [web, 20_000, "refused-key", /is no circuit server/],
  ] as const) {
    const failure = await failureOf(links.dial(endpoint, { ...options, timeout }));
    assert.equal(failure.kind, kind, failure.message);
    assert.match(failure.message, message);
    assert(failure.message.startsWith(`Cannot reach "${endpoint}"`));
  }
});

test("a dial is cancelled at once, before and while it goes on", async (t) => {
  const links = await openLinks();
  const endpoint = await listening(
    t,
    createServer(() => {}),
  );
  const early = AbortSignal.abort();
  assert.equal((await failureOf(links.dial(endpoint, { keys: [], silence: SILENCE, timeout: 20_000, signal: early }))).kind, "cancelled");
  const controller = new AbortController();
  const dialing = failureOf(links.dial(endpoint, { keys: [OLD, NEW], silence: SILENCE, timeout: 20_000, signal: controller.signal }));
  setImmediate(() => controller.abort());
  assert.equal((await dialing).kind, "cancelled");
});

test("a program that is killed is seen by those who dialled it and by those it dialled", async (t) => {
  const stage = await Stage.of(t);
  const peer = new Peer(t);
  const near = new Ear(await stage.links.dial(await peer.listen(SILENCE), { keys: [], silence: SILENCE, timeout: 20_000 }));
  await peer.dial(stage.endpoint, SILENCE);
  peer.kill("SIGKILL");
  assert.equal((await near.ended()).kind, "lost");
  assert.equal((await stage.accepted[0]?.ended())?.kind, "lost");
});

test("a program that stands still is given up, on both sides of a link", async (t) => {
  const stage = await Stage.of(t, { silence: 600 });
  const peer = new Peer(t);
  const near = new Ear(await stage.links.dial(await peer.listen(SILENCE), { keys: [], silence: 600, timeout: 20_000 }));
  await peer.dial(stage.endpoint, 600);
  peer.kill("SIGSTOP");
  assert.equal((await near.ended()).kind, "lost");
  assert.equal((await stage.accepted[0]?.ended())?.kind, "lost");
});

test("a program that is busy for longer than the silence is not given up", async (t) => {
  const stage = await Stage.of(t);
  const peer = new Peer(t);
  const near = new Ear(await stage.links.dial(await peer.listen(1000), { keys: [], silence: 1000, timeout: 20_000 }));
  await peer.dial(stage.endpoint, 1000);
  peer.order({ do: "block", for: 1300 });
  await peer.told("unblocked");
  assert.equal(near.end, null);
  assert.equal(stage.accepted[0]?.end, null);
});

test("what a program said before it left arrives, whichever side it was", async (t) => {
  const stage = await Stage.of(t);
  const listener = new Peer(t);
  const near = new Ear(await stage.links.dial(await listener.listen(SILENCE), { keys: [], silence: SILENCE, timeout: 20_000 }));
  const dialer = new Peer(t);
  await dialer.dial(stage.endpoint, SILENCE);
  for (const peer of [listener, dialer]) peer.order({ do: "speak-and-leave", packets: 5000 });
  for (const ear of [near, stage.accepted[0]]) {
    assert.deepEqual(await ear?.ended(), { kind: "bye", message: "that was all" });
    assert.equal(ear?.packets.length, 5000);
  }
});

test("a reader that does not read holds nobody up", async (t) => {
  const stage = await Stage.of(t);
  const peer = new Peer(t);
  const near = new Ear(await stage.links.dial(await peer.listen(SILENCE), { keys: [], silence: SILENCE, timeout: 20_000 }));
  peer.kill("SIGSTOP");
  for (let call = 0; call < 200; call += 1) near.link.send({ kind: "data", call, mine: true, part: { body: new Uint8Array(256 * 1024) } });
  await stage.serves();
  near.link.close("enough of it");
});

test("a reader that never reads is given up before it costs too much", async (t) => {
  const stage = await Stage.of(t);
  const peer = new Peer(t);
  const near = new Ear(await stage.links.dial(await peer.listen(SILENCE), { keys: [], silence: SILENCE, timeout: 20_000 }));
  await peer.dial(stage.endpoint, SILENCE);
  peer.kill("SIGSTOP");
  const body = new Uint8Array(256 * 1024);
  for (const ear of [near, stage.accepted[0]]) {
    for (let call = 1; ear?.end === null && call < 1100; call += 1) ear.link.send({ kind: "data", call, mine: true, part: { body } });
    const end = await ear?.ended();
    assert.equal(end?.kind, "violation");
    assert.match(end.message, /" does not read what it is sent, \d+ bytes so far$/);
  }
  await stage.serves();
});

test("a reader that reads may be sent as much as it likes", async (t) => {
  const { near, far } = await (await Stage.of(t)).pair();
  const body = new Uint8Array(256 * 1024);
  for (let call = 1; call < 1500; call += 1) {
    near.link.send({ kind: "data", call, mine: true, part: { body } });
    if (call % 100 === 0) await far.heard(call);
  }
  await far.heard(1499);
  assert.deepEqual([near.end, far.end, near.packets.length], [null, null, 0]);
});

test("a listener that has closed tells everybody, and its port can be bound again at once", async (t) => {
  const stage = await Stage.of(t, { keys: [OLD] });
  const pairs = [await stage.pair([OLD]), await stage.pair([OLD])];
  await stage.listener.close();
  for (const { near, far } of pairs) {
    assert.equal((await near.ended()).kind, "bye");
    assert.equal((await far.ended()).kind, "closed");
  }
  const again = await stage.links.listen(stage.endpoint, { keys: [], silence: SILENCE }, { accepted() {}, refused() {} });
  await again.close();
});
