import assert from "node:assert/strict";
import test from "node:test";
import { decodeEvent, encodeEvent } from "../../../src/wire/event.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("encodeEvent() writes topic and payload as Circus does", () => {
  assert.deepEqual(encodeEvent({ watcher: "My App", event: "reap", payload: { process_pid: 7, time: 1.5, exit_code: -9 } }), {
    topic: "watcher.my_app.reap",
    body: '{"process_pid": 7, "time": 1.5, "exit_code": -9}',
  });
});

test("decodeEvent() finds watcher and event, also where the watcher's name has dots", () => {
  assert.deepEqual(decodeEvent("watcher.a.b.spawn", bytes('{"process_pid": 7, "time": 1.5}')), {
    topic: "watcher.a.b.spawn",
    watcher: "a.b",
    event: "spawn",
    payload: { process_pid: 7, time: 1.5 },
  });
  const reap = decodeEvent("watcher.web.reap", bytes('{"process_pid": 7, "time": 1, "exit_code": null}'));
  assert.ok(reap?.event === "reap" && reap.payload.exit_code === null);
});

test("decodeEvent() passes on what it does not know, and drops what is no JSON", () => {
  for (const topic of ["stat.web", "watcher.web.flown", "watcher.web.toString", "watcher.web.spawn"]) {
    assert.deepEqual(decodeEvent(topic, bytes('{"pid": [1]}')), { topic, watcher: null, event: null, payload: { pid: [1] } });
  }
  assert.equal(decodeEvent("watcher.web.spawn", bytes("nonsense")), null);
});
