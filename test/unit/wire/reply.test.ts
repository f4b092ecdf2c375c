import assert from "node:assert/strict";
import test from "node:test";
import { decodeReply, errorReply, okReply, refusalOf } from "../../../src/wire/reply.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("okReply() writes the keys in Circus's order and JSON as Python does", () => {
  assert.equal(
    okReply({ watchers: ["web", "é\u007f"], none: [], empty: {} }, { id: { a: 1 }, time: 1.5 }),
    '{"status": "ok", "time": 1.5, "watchers": ["web", "\\u00e9\\u007f"], "none": [], "empty": {}, "id": {"a": 1}}',
  );
});

test("okReply() lets a status of the command take the place of ok", () => {
  assert.equal(okReply({ status: "active" }, { id: "1", time: 2 }), '{"status": "active", "time": 2, "id": "1"}');
});

test("okReply() leaves strings that look like formatting alone", () => {
  const text = 'a,\n {"b": \n ]';
  const reply = decodeReply(bytes(okReply({ text }, { id: null, time: 0 })));
  assert.equal(reply?.["text"], text);
});

test("okReply() turns what cannot be written into an internal error with the same id", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  for (const bad of [circle, { big: 1n }]) {
    const reply = decodeReply(bytes(okReply({ bad }, { id: "9", time: 1 })));
    assert.ok(reply !== null);
    assert.equal(reply["id"], "9");
    assert.match(refusalOf(reply)?.reason ?? "", /^internal: cannot write the reply/);
  }
});

test("errorReply() writes Circus's keys in its order", () => {
  assert.equal(
    errorReply({ reason: "program x not found", errno: 3, id: "1" }, 1.5),
    '{"status": "error", "reason": "program x not found", "tb": null, "time": 1.5, "errno": 3, "id": "1"}',
  );
});

test("decodeReply() takes only objects with a status", () => {
  for (const text of ["", "[]", "5", "{}", '{"status": 1}', "nonsense"]) assert.equal(decodeReply(bytes(text)), null);
  assert.equal(decodeReply(bytes('{"status": "ok"}'))?.status, "ok");
});

test("refusalOf() fills in what a broken daemon leaves out", () => {
  assert.deepEqual(refusalOf({ status: "error" }), { reason: "unknown", errno: 0 });
  assert.equal(refusalOf({ status: "active" }), null);
});
