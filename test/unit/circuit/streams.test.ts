import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { IncomingCall } from "../../../src/circuit/conversation.js";
import { CREDIT_BATCH } from "../../../src/circuit/line.js";
import { MAX_PART, WINDOW, type Part } from "../../../src/wire/circuit/packet.js";
import { bytes, Circuit, RawEnd, readAll, refuse, Watched } from "../../helpers/conversations.js";

const HALF = MAX_PART / 2;

/** A call whose other end is in the hands of the test. */
async function held(ended = false) {
  const circuit = new Circuit();
  const { near, far } = await circuit.link("a", "b");
  const raw = new RawEnd(far);
  const call = circuit.converse(near, refuse).open("stdin", { path: ["a"] }, { ended, deadline: null });
  await circuit.clock.pass(0);
  return { clock: circuit.clock, raw, call };
}

/** An incoming call whose caller is in the hands of the test. */
async function asked() {
  const circuit = new Circuit();
  const { near, far } = await circuit.link("a", "b");
  const calls: IncomingCall[] = [];
  circuit.converse(far, (incoming) => calls.push(incoming));
  const raw = new RawEnd(near);
  raw.send({ kind: "open", call: 1, method: "output", params: {}, deadline: null, to: null, body: bytes(0), ended: false });
  await circuit.clock.pass(0);
  const [incoming] = calls;
  assert.ok(incoming !== undefined);
  return { clock: circuit.clock, raw, incoming };
}

describe("the data of a call", () => {
  it("moves in both directions, in order, however large the parts", async () => {
    const { near } = await new Circuit().pair((incoming) => {
      void (async () => {
        for await (const part of incoming.parts()) await incoming.send(part);
        incoming.end();
        incoming.reply({});
      })();
    });
    const call = near.open("stdin", { path: ["a"] }, { body: bytes(MAX_PART + 1), ended: false });
    const echoed = readAll(call);
    await call.send({ body: bytes(0) });
    await call.send({ value: { note: true }, body: bytes(1, 9) });
    await Promise.all([1, 2, 3].map((byte) => call.send({ body: bytes(2 * WINDOW, byte) })));
    call.end();
    await call.result;
    const parts = await echoed;
    assert.deepEqual(parts[2], { value: { note: true }, body: bytes(1, 9) });
    const wanted = [bytes(MAX_PART + 1), bytes(1, 9), ...[1, 2, 3].map((byte) => bytes(2 * WINDOW, byte))];
    assert.ok(Buffer.concat(parts.map(({ body }) => body)).equals(Buffer.concat(wanted)));
  });

  it("goes with the opening, whole or its beginning", async () => {
    const seen: [number, boolean][] = [];
    const { near } = await new Circuit().pair((incoming) => {
      seen.push([0, incoming.isDrained]);
      void readAll(incoming).then((parts) => {
        for (const { body } of parts) seen.push([body.length, incoming.isDrained]);
        incoming.reply({});
      });
    });
    await near.ask("send", { path: ["a"] }, { body: bytes(5) });
    await near.ask("send", { path: ["a"] }, { body: bytes(2 * MAX_PART + 5) });
    await near.ask("send", { path: ["a"] });
    assert.deepEqual(seen, [
      [0, false],
      [5, true],
      [0, false],
      [MAX_PART, true],
      [MAX_PART, true],
      [5, true],
      [0, true],
    ]);
  });

  it("waits for credit, in order, and its end behind it", async () => {
    const { clock, raw, call } = await held();
    const first = new Watched(call.send({ body: bytes(WINDOW) }));
    const second = new Watched(call.send({ value: 1, body: bytes(9) }));
    const third = new Watched(call.send({ body: bytes(1) }));
    call.end();
    await clock.pass(0);
    assert.deepEqual([first.state, second.state, third.state, raw.of("end").length], ["done", "pending", "pending", 0]);
    raw.send({ kind: "credit", call: 1, mine: false, bytes: 10 });
    await clock.pass(0);
    assert.deepEqual([second.state, third.state, raw.of("end").length], ["done", "pending", 0]);
    raw.send({ kind: "credit", call: 1, mine: false, bytes: 1 });
    await clock.pass(0);
    assert.deepEqual([third.state, raw.packets.at(-2)?.kind, raw.packets.at(-1)?.kind], ["done", "data", "end"]);
    await assert.rejects(call.send({ body: bytes(1) }), { code: "closed" });
  });

  it("sends as much of a large part as there is credit for", async () => {
    const { clock, raw, call } = await held();
    const sent = new Watched(call.send({ body: bytes(WINDOW + MAX_PART) }));
    await clock.pass(0);
    assert.deepEqual([raw.of("data").map(({ part }) => part.body.length), sent.state], [[1, 2, 3, 4].map(() => MAX_PART), "pending"]);
    raw.send({ kind: "credit", call: 1, mine: false, bytes: MAX_PART });
    await clock.pass(0);
    assert.deepEqual([raw.of("data").length, sent.state], [5, "done"]);
  });

  it("refuses a part that no credit would ever do for", async () => {
    const { call } = await held();
    await assert.rejects(call.send({ value: "x".repeat(CREDIT_BATCH), body: bytes(0) }), { code: "invalid" });
  });

  it("is credited in large amounts while it flows, and when nothing more is there at the moment", async () => {
    const { clock, raw, call } = await held();
    const credits = (): number[] => raw.of("credit").map((packet) => packet.bytes);
    const reading = call.parts()[Symbol.asyncIterator]();
    for (let turn = 0; turn < 6; turn += 1) raw.send({ kind: "data", call: 1, mine: false, part: { body: bytes(HALF) } });
    await clock.pass(0);
    for (let turn = 0; turn < 6; turn += 1) await reading.next();
    await clock.pass(0);
    assert.deepEqual(credits(), [4 * HALF]);
    const next = reading.next();
    await clock.pass(0);
    assert.deepEqual(credits(), [4 * HALF, 2 * HALF]);
    raw.send({ kind: "data", call: 1, mine: false, part: { value: [1], body: bytes(2) } }, { kind: "end", call: 1, mine: false });
    assert.deepEqual(await next, { done: false, value: { value: [1], body: bytes(2) } });
    assert.equal((await reading.next()).done, true);
    await clock.pass(0);
    assert.deepEqual(credits(), [4 * HALF, 2 * HALF, 5]);
  });

  it("is credited as far as it was used when its reader leaves, and then dropped", async () => {
    const { clock, raw, call } = await held();
    const send = (length: number): void => raw.send({ kind: "data", call: 1, mine: false, part: { body: bytes(length) } });
    for (const length of [3, 5, 7]) send(length);
    await clock.pass(0);
    for await (const { body } of call.parts()) if (body.length === 5) break;
    send(9);
    await clock.pass(0);
    assert.deepEqual([raw.of("credit").map((packet) => packet.bytes), await readAll(call)], [[8], []]);
  });

  it("is credited as far as it was used before the call is cancelled", async () => {
    const { clock, raw, call } = await held();
    raw.send(
      { kind: "data", call: 1, mine: false, part: { body: bytes(3) } },
      { kind: "data", call: 1, mine: false, part: { body: bytes(5) } },
    );
    const reading = call.parts()[Symbol.asyncIterator]();
    await reading.next();
    await reading.next();
    call.cancel("enough");
    await assert.rejects(reading.next(), { code: "cancelled", message: "enough" });
    await clock.pass(0);
    assert.deepEqual(
      raw.packets.slice(1).map((packet) => (packet.kind === "credit" ? packet.bytes : packet.kind)),
      [3, "cancel"],
    );
  });

  it("has one reader at a time", async () => {
    const { call } = await held();
    const reading = call.parts()[Symbol.asyncIterator]();
    void reading.next();
    await assert.rejects(reading.next(), { code: "busy" });
    await reading.return?.();
  });

  it("tells a server how many bytes were used, values not among them", async () => {
    const { clock, raw, incoming } = await asked();
    const used: number[] = [];
    incoming.onCredit((bytes) => used.push(bytes));
    const parts: Part[] = [{ body: bytes(10) }, { value: { dropped: 7 }, body: bytes(0) }, { value: 12, body: bytes(20) }];
    for (const part of parts) await incoming.send(part);
    const overhead = '{"dropped":7}'.length;
    raw.send({ kind: "credit", call: 1, mine: true, bytes: 10 + overhead });
    await clock.pass(0);
    assert.deepEqual(used, [10]);
    raw.send({ kind: "credit", call: 1, mine: true, bytes: 2 + 20 });
    await clock.pass(0);
    assert.deepEqual(used, [10, 20]);
  });

  it("takes little more room than its bytes where it comes in many small pieces, and keeps its order", async () => {
    const { clock, raw, incoming } = await asked();
    const data = (part: Part): void => raw.send({ kind: "data", call: 1, mine: true, part });
    const numbers = Array.from({ length: 20_000 }, (_, number) => bytes(1, number % 251));
    for (const body of numbers) data({ body });
    data({ value: { note: true }, body: bytes(1, 7) });
    for (const body of numbers) data({ body });
    raw.send({ kind: "end", call: 1, mine: true });
    await clock.pass(0);
    const parts = await readAll(incoming);
    assert.ok(parts.length < 100, `${parts.length} parts`);
    const at = parts.findIndex(({ value }) => value !== undefined);
    assert.deepEqual(parts[at], { value: { note: true }, body: bytes(1, 7) });
    const all = Buffer.concat(numbers);
    for (const side of [parts.slice(0, at), parts.slice(at + 1)]) assert.ok(Buffer.concat(side.map(({ body }) => body)).equals(all));
  });

  it("is not credited to a caller that has sent all of it", async () => {
    const { clock, raw, incoming } = await asked();
    raw.send({ kind: "data", call: 1, mine: true, part: { body: bytes(7) } }, { kind: "end", call: 1, mine: true });
    await clock.pass(0);
    assert.equal(incoming.isDrained, false);
    assert.equal((await readAll(incoming)).length, 1);
    await clock.pass(0);
    assert.deepEqual([incoming.isDrained, raw.of("credit").length], [true, 0]);
  });

  it("that has come is read before the failure of its call is", async () => {
    const { clock, raw, call } = await held();
    raw.send(
      { kind: "data", call: 1, mine: false, part: { body: bytes(3) } },
      { kind: "error", call: 1, code: "scrubbed", message: "gone" },
    );
    await clock.pass(0);
    const reading = call.parts()[Symbol.asyncIterator]();
    assert.equal((await reading.next()).done, false);
    await assert.rejects(reading.next(), { code: "scrubbed" });
  });

  it("ends with the answer, and what waits to be sent then fails", async () => {
    const { clock, raw, call } = await held();
    const stuck = new Watched(call.send({ body: bytes(WINDOW + 1) }));
    const reading = new Watched(readAll(call));
    raw.send({ kind: "result", call: 1, value: {} });
    await clock.pass(0);
    assert.deepEqual([stuck.code, reading.value, await call.result], ["closed", [], {}]);
    await assert.rejects(call.send({ body: bytes(1) }), { code: "closed" });
  });
});
