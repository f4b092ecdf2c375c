import assert from "node:assert/strict";
import test from "node:test";
import { QUESTION, decodeAnswer, encodeAnswer } from "../../../src/wire/discovery.js";

test("an answer is the one that Circus gives, byte for byte, and is read back", () => {
  assert.equal(encodeAnswer("tcp://127.0.0.1:5555"), '{"endpoint": "tcp://127.0.0.1:5555"}');
  assert.equal(decodeAnswer(encodeAnswer("ipc:///run/circus.sock")), "ipc:///run/circus.sock");
});

for (const text of [
  "",
  QUESTION,
  "null",
  "[]",
  '{"endpoint": 1}',
  '{"endpoint": "no endpoint"}',
  '{"endpoint": "tcp://\u001b[31m:1"}',
  '{"endpoint": ',
]) {
  test(`${JSON.stringify(text)} is no answer`, () => {
    assert.equal(decodeAnswer(text), null);
  });
}
