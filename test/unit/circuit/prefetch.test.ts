import assert from "node:assert/strict";
import { test } from "node:test";
import { prefetched } from "../../../src/circuit/prefetch.js";
import type { Call } from "../../../src/circuit/conversation.js";
import { CircuitError } from "../../../src/wire/circuit/errors.js";
import type { Part } from "../../../src/wire/circuit/packet.js";

/** A call on which some messages have arrived, and what is sent on it. */
function callWith(messages: number) {
  const told: unknown[] = [];
  const turns: (() => void)[] = [];
  let fail: (cause: CircuitError) => void = () => undefined;
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const result = new Promise<Record<string, never>>((resolve, reject) => {
    fail = reject;
    void ended.then(() => resolve({}));
  });
  async function* parts(): AsyncGenerator<Part, undefined, undefined> {
    for (let number = 1; number <= messages; number += 1) yield { value: { last: true }, body: new Uint8Array([number]) };
    await ended;
    return undefined;
  }
  const call: Call<"recv.many"> = {
    result,
    parts,
    cancel: () => end(),
    end: () => {
      told.push("end");
      end();
    },
    send: async ({ value }) => void told.push(value),
    soon: (run) => void turns.push(run),
  };
  return { call, told, fail: (cause: CircuitError) => (fail(cause), end()), turn: () => turns.splice(0).forEach((run) => run()) };
}

test("one number acknowledges all that was used within a turn, and what a loop was left with stays", async () => {
  const { call, told, turn } = callWith(7);
  const messages = prefetched(call);
  for (let number = 1; number <= 4; number += 1) await messages.next();
  assert.deepEqual(told, []);
  turn();
  assert.deepEqual(told, [{ done: 3 }]);
  for (let number = 5; number <= 6; number += 1) await messages.next();
  await messages.return();
  turn();
  assert.deepEqual(told, [{ done: 3 }, { done: 5 }, "end"]);
});

test("who acknowledges a message is told when that is sent, at once, with all before it", async () => {
  const { call, told, turn } = callWith(3);
  const messages = prefetched(call);
  await messages.next();
  const { value } = await messages.next();
  await value?.acknowledge();
  assert.deepEqual(told, [{ done: 2 }]);
  await messages.next();
  turn();
  assert.deepEqual(told, [{ done: 2 }]);
  await messages.return();
});

test("what was fetched is handed out no more when the call has failed, as others have it then", async () => {
  const { call, fail } = callWith(3);
  const messages = prefetched(call);
  await messages.next();
  fail(new CircuitError("lost", "the way is broken"));
  await call.result.catch(() => undefined);
  await assert.rejects(messages.next(), /the way is broken/);
});
