import assert from "node:assert/strict";
import test from "node:test";
import { subscribe } from "../../../src/client/index.js";
import { openMemory } from "../../../src/wire/memory/transport.js";

test("subscribe() gives typed events of the topics that were asked for and ends when closed", async () => {
  const transport = openMemory();
  const server = await transport.publish("memory://events");
  const events = subscribe({ transport, endpoint: server.endpoint, topics: ["watcher.web."] });
  server.publish("watcher.other.start", '{"time": 0}');
  server.publish("watcher.web.start", "nonsense");
  server.publish("watcher.web.spawn", '{"process_pid": 7, "time": 1}');
  const pids: number[] = [];
  for await (const event of events) {
    if (event.event === "spawn") pids.push(event.payload.process_pid);
    events.close();
  }
  assert.deepEqual(pids, [7]);
});
