import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { CallTimeout, CircusClient, subscribe, type CircusEvent } from "../../../src/client/index.js";
import { openMemory } from "../../../src/wire/memory/transport.js";
import { okReply } from "../../../src/wire/reply.js";
import { decodeRequest } from "../../../src/wire/request.js";
import type { Incoming, Transport } from "../../../src/wire/transport.js";
import { openZmq } from "../../../src/wire/zmq/transport.js";
import { freePort } from "../../helpers/free-port.js";
import { tempDir } from "../../helpers/temp.js";

/** Every transport keeps these promises; the name says which one is asked. */
interface Subject {
  readonly name: string;
  readonly open: () => Promise<Transport>;
  /** Endpoints that nobody uses. */
  readonly endpoint: (context: TestContext) => Promise<string>;
}

const SUBJECTS: readonly Subject[] = [
  { name: "memory", open: async () => openMemory(), endpoint: async () => "memory://daemon" },
  { name: "zmq over tcp", open: openZmq, endpoint: async () => `tcp://127.0.0.1:${await freePort()}` },
  { name: "zmq over ipc", open: openZmq, endpoint: async (context) => `ipc://${(await tempDir(context)).join("daemon.sock")}` },
];

const limits = { maxFrame: 100_000 };

function answer(incoming: Incoming): void {
  const decoded = decodeRequest(incoming.frames);
  assert.ok(decoded.kind === "request");
  incoming.respond(okReply({ watchers: [] }, { id: decoded.request.id, time: 1 }));
}

/** A subscription has no acknowledgement: events are told until one has come. */
async function publishUntil(publish: () => void, arrived: Promise<unknown>): Promise<void> {
  let over = false;
  void arrived.finally(() => (over = true));
  while (!over) {
    publish();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function nextOf(events: AsyncIterator<CircusEvent>): Promise<CircusEvent> {
  const step = await events.next();
  assert.ok(step.done !== true);
  return step.value;
}

/** What a client sends before it has noticed that the old server is gone, is lost with it. */
async function untilAnswered(client: CircusClient): Promise<void> {
  const attempt = (): Promise<boolean> =>
    client.call("list", {}, { timeout: 0.2 }).then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof CallTimeout);
        return false;
      },
    );
  while (!(await attempt()));
}

for (const { name, open, endpoint } of SUBJECTS) {
  test(`${name}: requests are answered, also to who connected before the server was there`, async (t) => {
    const transport = await open();
    const at = await endpoint(t);
    await using client = new CircusClient({ transport, endpoint: at });
    const early = client.call("list", {});
    const server = await transport.serve(at, limits, answer);
    assert.equal(server.endpoint, at);
    assert.equal((await early).status, "ok");
    const replies = await Promise.all(Array.from({ length: 300 }, () => client.call("list", {})));
    assert.equal(replies.length, 300);
    await server.close();
  });

  test(`${name}: each client gets its own replies`, async (t) => {
    const transport = await open();
    const at = await endpoint(t);
    const held: Incoming[] = [];
    const server = await transport.serve(at, limits, (incoming) => {
      held.push(incoming);
      if (held.length === 3) held.reverse().forEach(answer);
    });
    const clients = Array.from({ length: 3 }, () => new CircusClient({ transport, endpoint: at }));
    await Promise.all(clients.map((client) => client.call("list", {})));
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });

  test(`${name}: a second server is refused, and the endpoint is free again as soon as the first is closed`, async (t) => {
    const transport = await open();
    const at = await endpoint(t);
    const message = (what: string) => ({
      message: `Cannot bind ${what} endpoint "${at}": address already in use; is another circusd running?`,
    });
    for (let round = 0; round < 3; round += 1) {
      const server = await transport.serve(at, limits, answer);
      await assert.rejects(transport.serve(at, limits, answer), message("control"));
      await using client = new CircusClient({ transport, endpoint: at });
      assert.equal((await client.call("list", {})).status, "ok");
      await server.close();
      await server.close();
      const events = await transport.publish(at);
      await assert.rejects(transport.publish(at), message("event"));
      await events.close();
    }
  });

  test(`${name}: a client goes on with the server that takes the place of another`, async (t) => {
    const transport = await open();
    const at = await endpoint(t);
    await using client = new CircusClient({ transport, endpoint: at });
    for (let round = 0; round < 2; round += 1) {
      const server = await transport.serve(at, limits, answer);
      await untilAnswered(client);
      await server.close();
    }
  });

  test(`${name}: a frame beyond the limit is never handed over, and others are answered`, async (t) => {
    const transport = await open();
    const at = await endpoint(t);
    const sizes: number[] = [];
    const server = await transport.serve(at, limits, (incoming) => {
      sizes.push(...incoming.frames.map((frame) => frame.length));
      answer(incoming);
    });
    const hostile = transport.connect(at);
    await using client = new CircusClient({ transport, endpoint: at });
    await client.call("list", {});
    await hostile.send("x".repeat(limits.maxFrame + 1));
    for (let i = 0; i < 20; i += 1) await client.call("list", {});
    hostile.close();
    assert.ok(Math.max(...sizes) < 1000);
    await server.close();
  });

  test(`${name}: a reply to a client that is gone does nothing`, async (t) => {
    const transport = await open();
    const at = await endpoint(t);
    const held: Incoming[] = [];
    let arrived = (): void => {};
    const first = new Promise<void>((resolve) => (arrived = resolve));
    const server = await transport.serve(at, limits, (incoming) => {
      if (held.push(incoming) === 1) arrived();
      else answer(incoming);
    });
    const gone = transport.connect(at);
    await gone.send("{}");
    await first;
    gone.close();
    held[0]?.respond("{}");
    await using client = new CircusClient({ transport, endpoint: at });
    assert.equal((await client.call("list", {})).status, "ok");
    await server.close();
    held[0]?.respond("{}");
  });

  test(`${name}: subscribers get the topics they asked for, in order`, async (t) => {
    const transport = await open();
    const at = await endpoint(t);
    const server = await transport.publish(at);
    const events = subscribe({ transport, endpoint: at, topics: ["watcher.web.", "end"] });
    const iterator = events[Symbol.asyncIterator]();
    const ready = iterator.next();
    await publishUntil(() => server.publish("watcher.web.start", '{"time": 0}'), ready);
    for (let i = 1; i <= 500; i += 1) {
      server.publish("watcher.other.start", `{"time": ${i}}`);
      server.publish("watcher.web.stop", `{"time": ${i}}`);
    }
    const seen: number[] = [];
    while (seen.length < 500) {
      const event = await nextOf(iterator);
      if (event.event === "stop") seen.push(event.payload.time);
      else assert.equal(event.topic, "watcher.web.start");
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 500 }, (_, i) => i + 1),
    );
    events.close();
    await server.close();
    server.publish("watcher.web.stop", '{"time": 9}');
  });

  test(`${name}: closing a subscription ends its loop`, async (t) => {
    const transport = await open();
    const events = subscribe({ transport, endpoint: await endpoint(t) });
    const next = events[Symbol.asyncIterator]().next();
    events.close();
    assert.deepEqual(await next, { done: true, value: undefined });
  });
}
