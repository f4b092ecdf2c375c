import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { IncomingCall } from "../../../src/circuit/conversation.js";
import { MAX_PART, WINDOW, type Open, type Packet } from "../../../src/wire/circuit/packet.js";
import { bytes, Circuit, RawEnd } from "../../helpers/conversations.js";

const open = (call: number, more: Partial<Open> = {}): Packet => ({
  kind: "open",
  call,
  method: "ping",
  params: {},
  deadline: null,
  to: null,
  body: bytes(0),
  ended: false,
  ...more,
});
const data = (call: number, length: number, mine = true): Packet => ({ kind: "data", call, mine, part: { body: bytes(length) } });
const end = (call: number, mine = true): Packet => ({ kind: "end", call, mine });
const credit = (call: number, count: number, mine = true): Packet => ({ kind: "credit", call, mine, bytes: count });
const result = (call: number): Packet => ({ kind: "result", call, value: {} });
const error = (call: number): Packet => ({ kind: "error", call, code: "cancelled", message: "" });
const cancel = (call: number): Packet => ({ kind: "cancel", call, reason: "" });

/** A conversation with somebody whose packets the test writes; `mine` are calls of the conversation, 1 and 2. */
async function facing(onCall: (incoming: IncomingCall) => void = () => undefined) {
  const circuit = new Circuit();
  const { near, far } = await circuit.link("a", "b");
  const warnings: string[] = [];
  const log = { warning: (message: string) => warnings.push(message), error: (message: string) => warnings.push(message) };
  const conversation = circuit.converse(far, onCall, { log });
  const raw = new RawEnd(near);
  const mine = [1, 2].map(() => conversation.open("ping", {}, { deadline: null }));
  await circuit.clock.pass(0);
  return { clock: circuit.clock, conversation, raw, mine, warnings };
}

const window = Array.from({ length: WINDOW / MAX_PART }, () => data(1, MAX_PART));

const FAULTS: Readonly<Record<string, readonly Packet[]>> = {
  "opening a call twice": [open(1), open(1)],
  "opening a call with a number that is past": [open(2), open(1)],
  "data for a call that was never opened": [open(1), data(2, 1)],
  "an end for a call that was never opened": [end(1)],
  "credit for a call that was never opened": [credit(1, 1)],
  "cancelling a call that was never opened": [cancel(1)],
  "an answer to a call that was never opened": [result(3)],
  "two answers": [result(1), result(1)],
  "two answers to a cancelled call": [error(1), error(1)],
  "data after the answer": [result(1), data(1, 1, false)],
  "data after the end": [open(1), end(1), data(1, 1)],
  "data after an end with the opening": [open(1, { ended: true }), data(1, 1)],
  "two ends": [open(1), end(1), end(1)],
  "data beyond the credit": [open(1), ...window, data(1, 1)],
  "an opening with data beyond the credit": [open(1, { body: bytes(WINDOW + 1) })],
  "values beyond the credit": [open(1), ...window, { kind: "data", call: 1, mine: true, part: { value: 0, body: bytes(0) } }],
  "data of an answer beyond the credit": [...window, data(1, 1)].map((packet) => ({ ...packet, mine: false })),
  "credit for what was not sent": [credit(1, 1, false)],
};

const CROSSINGS: Readonly<Record<string, readonly Packet[]>> = {
  "data, credit, an end and a cancel for a call that was answered": [open(1), data(1, 7), credit(1, 0), end(1), cancel(1), data(1, 1)],
  "an answer to a cancelled call": [data(2, 7, false), credit(2, 0, false), end(2, false), result(2)],
  "good-bye": [{ kind: "bye", reason: "" }],
};

describe("the protocol", () => {
  for (const [what, packets] of Object.entries(FAULTS)) {
    it(`does not allow ${what}: the link is closed`, async () => {
      const { clock, conversation, raw, warnings } = await facing();
      raw.send(...packets);
      await clock.pass(0);
      assert.equal(conversation.end?.kind, "violation");
      assert.match(raw.ends.join(), /^bye: The other side broke the protocol: /);
      assert.deepEqual([warnings.length, clock.armed], [1, 0]);
    });
  }

  for (const [what, packets] of Object.entries(CROSSINGS)) {
    it(`allows ${what}, which cross on the wire`, async () => {
      const { clock, conversation, raw, mine, warnings } = await facing((incoming) => incoming.reply({}));
      mine[1]?.cancel("no longer wanted");
      raw.send(...packets);
      await clock.pass(0);
      assert.deepEqual([conversation.end, warnings], [null, []]);
    });
  }

  it("answers every call once, a cancelled one too", async () => {
    const waiting: IncomingCall[] = [];
    const { clock, raw } = await facing((incoming) => waiting.push(incoming));
    raw.send(open(1), open(2), open(3), cancel(1));
    await clock.pass(0);
    for (const one of waiting) one.reply({});
    raw.send(cancel(2));
    await clock.pass(0);
    const answers = raw.packets.flatMap((packet) =>
      packet.kind === "result" || packet.kind === "error" ? `${packet.kind} ${packet.call}` : [],
    );
    assert.deepEqual(answers, ["error 1", "result 2", "result 3"]);
  });

  it("takes a word for an error that it does not know for a fault of the other side", async () => {
    const { raw, mine } = await facing();
    raw.send({ kind: "error", call: 1, code: "from-the-future", message: "what" });
    const [call] = mine;
    await assert.rejects(call?.result ?? Promise.resolve(), { code: "internal", message: "what" });
  });
});
