import assert from "node:assert/strict";
import test from "node:test";
import { CallError, CallTimeout, CircusClient } from "../../../src/client/index.js";
import { openMemory } from "../../../src/wire/memory/transport.js";
import { errorReply, okReply } from "../../../src/wire/reply.js";
import { decodeRequest, type Decoded } from "../../../src/wire/request.js";
import type { Incoming, Transport } from "../../../src/wire/transport.js";

const endpoint = "memory://daemon";

async function serve(onRequest: (incoming: Incoming, id: unknown) => void): Promise<Transport> {
  const transport = openMemory();
  await transport.serve(endpoint, { maxFrame: 1000 }, (incoming) => {
    const decoded = decodeRequest(incoming.frames);
    onRequest(incoming, decoded.kind === "request" ? decoded.request.id : decoded.reply.id);
  });
  return transport;
}

/** A timer that rings when the test says so. */
function makeTimer() {
  const armed = new Map<() => void, number>();
  return {
    armed,
    after(delay: number, run: () => void) {
      armed.set(run, delay);
      return () => void armed.delete(run);
    },
  };
}

test("CircusClient.call() resolves with the reply of its command", async () => {
  const transport = await serve((incoming, id) => incoming.respond(okReply({ numwatchers: 3 }, { id, time: 1 })));
  await using client = new CircusClient({ transport, endpoint });
  assert.equal((await client.call("numwatchers", {})).numwatchers, 3);
});

test("CircusClient.call() rejects with reason, errno and reply when the daemon refuses", async () => {
  const transport = await serve((incoming, id) => incoming.respond(errorReply({ reason: "program x not found", errno: 3, id }, 1)));
  await using client = new CircusClient({ transport, endpoint });
  await assert.rejects(client.call("stop", { name: "x" }), (error) => {
    assert.ok(error instanceof CallError);
    assert.deepEqual([error.message, error.reason, error.errno, error.reply["time"]], ["program x not found", "program x not found", 3, 1]);
    return true;
  });
});

test("CircusClient.send() gives an error reply back as the text that came", async () => {
  const transport = await serve((incoming, id) => incoming.respond(`{"status":"error", "id":${JSON.stringify(id)}}`));
  await using client = new CircusClient({ transport, endpoint });
  const { text, reply } = await client.send("anything", {});
  assert.match(text, /^\{"status":"error", "id":"[0-9a-f]{32}"\}$/);
  assert.equal(reply.status, "error");
});

test("CircusClient matches overlapping calls by id, whatever the order of the replies", async () => {
  const waiting: (() => void)[] = [];
  const transport = await serve((incoming, id) => {
    const place = waiting.length;
    waiting.push(() => incoming.respond(okReply({ numwatchers: place }, { id, time: 1 })));
    if (waiting.length === 5) for (const answer of waiting.reverse()) answer();
  });
  await using client = new CircusClient({ transport, endpoint });
  const replies = await Promise.all(Array.from({ length: 5 }, () => client.call("numwatchers", {})));
  assert.deepEqual(
    replies.map((reply) => reply.numwatchers),
    [0, 1, 2, 3, 4],
  );
});

test("CircusClient ignores replies of others, broken ones and late ones", async () => {
  const transport = await serve((incoming, id) => {
    for (const text of ["nonsense", "[]", okReply({}, { id: "other", time: 1 }), okReply({}, { id: null, time: 1 })])
      incoming.respond(text);
    for (const time of [1, 2]) incoming.respond(okReply({}, { id, time }));
  });
  await using client = new CircusClient({ transport, endpoint });
  assert.equal((await client.call("quit", {})).time, 1);
  assert.equal((await client.call("quit", {})).time, 1);
});

test("CircusClient.call() rejects when no answer comes in time, naming endpoint and seconds", async () => {
  const timer = makeTimer();
  await using client = new CircusClient({ transport: openMemory(), endpoint, timeout: 3, timer });
  const call = client.call("list", {});
  const [ring] = timer.armed.keys();
  assert.deepEqual([...timer.armed.values()], [3000]);
  ring?.();
  await assert.rejects(call, (error) => error instanceof CallTimeout && error.endpoint === endpoint && error.seconds === 3);
});

test("CircusClient leaves no timer armed after an answer", async () => {
  const timer = makeTimer();
  const transport = await serve((incoming, id) => incoming.respond(okReply({}, { id, time: 1 })));
  await using client = new CircusClient({ transport, endpoint, timer });
  await client.call("quit", {});
  assert.equal(timer.armed.size, 0);
});

test("CircusClient.call() ends with the reason of an abort", async () => {
  const timer = makeTimer();
  await using client = new CircusClient({ transport: openMemory(), endpoint, timer });
  const reason = new Error("enough");
  const aborting = new AbortController();
  const call = client.call("list", {}, { signal: aborting.signal });
  aborting.abort(reason);
  await assert.rejects(call, reason);
  await assert.rejects(client.call("list", {}, { signal: aborting.signal }), reason);
  assert.equal(timer.armed.size, 0);
});

test("CircusClient.close() rejects the calls that wait and refuses new ones", async () => {
  const timer = makeTimer();
  const client = new CircusClient({ transport: openMemory(), endpoint, timer });
  const call = client.call("list", {});
  await Promise.all([assert.rejects(call, /the client is closed/), client.close()]);
  await assert.rejects(client.call("list", {}), /Cannot send "list" to "memory:\/\/daemon": the client is closed/);
  await assert.rejects(client.cast("quit", {}), /the client is closed/);
  assert.equal(timer.armed.size, 0);
});

test("CircusClient.cast() asks for no reply", async () => {
  const transport = openMemory();
  const heard = new Promise<Decoded>((resolve) => {
    void transport.serve(endpoint, { maxFrame: 1000 }, ({ frames }) => resolve(decodeRequest(frames)));
  });
  await using client = new CircusClient({ transport, endpoint });
  await client.cast("stop", { name: "web" });
  const decoded = await heard;
  assert.ok(decoded.kind === "request" && decoded.request.cast && decoded.request.command === "stop");
});
