import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as v from "valibot";
import type { Call, Conversation } from "../../../../src/circuit/conversation.js";
import { channelStatSchema } from "../../../../src/wire/circuit/contract.js";
import { CircuitError } from "../../../../src/wire/circuit/errors.js";
import { chance } from "../../../helpers/virtual-circuit.js";
import { NodeStage } from "../../../helpers/node-stage.js";

const utf8 = { of: (text: string) => new TextEncoder().encode(text), text: (bytes: Uint8Array) => new TextDecoder().decode(bytes) };
const at = { path: ["c"] };
const LARGE = 3 * 1024 * 1024;

const failsWith = (code: string, message?: RegExp) => (error: unknown) =>
  error instanceof CircuitError && error.code === code && (message === undefined || message.test(error.message));

class ChannelStage {
  readonly stage = new NodeStage();
  readonly #clients: Conversation[] = [];

  static async open(capacity: number): Promise<ChannelStage> {
    const opened = new ChannelStage();
    await opened.stage.start("a");
    await (await opened.client()).ask("make.channel", { ...at, capacity });
    return opened;
  }

  async client(): Promise<Conversation> {
    const client = await this.stage.client("a");
    this.#clients.push(client);
    return client;
  }

  get first(): Conversation {
    const [first] = this.#clients;
    assert.ok(first);
    return first;
  }

  send(text: string, client = this.first): Promise<unknown> {
    return client.ask("send", at, { body: utf8.of(text), deadline: null });
  }

  async receive(client = this.first): Promise<string> {
    const receiver = new Receiver(client);
    const text = await receiver.text();
    await receiver.acknowledge();
    return text;
  }

  async figures() {
    return v.parse(channelStatSchema, (await this.first.ask("peek", at)).stat);
  }

  /** Lets everything happen that is about to. */
  settle(): Promise<void> {
    return this.stage.clock.pass(1);
  }
}

/** Takes one message and acknowledges it when the test says so. */
class Receiver {
  readonly call: Call<"recv">;
  bytes = 0;

  constructor(client: Conversation) {
    this.call = client.open("recv", at, { ended: false, deadline: null });
  }

  async text(): Promise<string> {
    let text = "";
    for await (const { body } of this.call.parts()) {
      text += utf8.text(body);
      this.bytes += body.length;
    }
    return text;
  }

  async acknowledge(): Promise<void> {
    this.call.end();
    await this.call.result;
  }
}

/** Whether it has come about by now. */
async function isDone(stage: ChannelStage, fact: Promise<unknown>): Promise<boolean> {
  let done = false;
  const mark = (): void => void (done = true);
  fact.then(mark, mark);
  await stage.settle();
  return done;
}

describe("a channel", () => {
  it("keeps as many messages as its capacity, and gives them in the order in which they came", async () => {
    const stage = await ChannelStage.open(2);
    await stage.send("one");
    await stage.send("");
    const third = stage.send("three");
    assert.equal(await isDone(stage, third), false);
    assert.deepEqual(await stage.figures(), {
      ...{ Cap: 2, Closed: false, Aborted: false, NumSend: 2, NumRecv: 0 },
      ...{ Buffered: 2, Bytes: 3, Senders: 1, Receivers: 0 },
    });
    assert.equal(await stage.receive(), "one");
    await third;
    assert.deepEqual([await stage.receive(), await stage.receive()], ["", "three"]);
    const { NumSend, NumRecv, Buffered, Bytes, Senders } = await stage.figures();
    assert.deepEqual([NumSend, NumRecv, Buffered, Bytes, Senders], [3, 3, 0, 0, 0]);
  });

  it("of capacity 0 lets a sender wait until its message was acknowledged", async () => {
    const stage = await ChannelStage.open(0);
    const sent = stage.send("hand to hand");
    const receiver = new Receiver(await stage.client());
    assert.equal(await receiver.text(), "hand to hand");
    assert.equal(await isDone(stage, sent), false);
    await receiver.acknowledge();
    await sent;
  });

  it("gives what was not acknowledged to the next receiver, before everything else", async () => {
    const stage = await ChannelStage.open(5);
    for (const text of ["one", "two", "three"]) await stage.send(text);
    const dying = await stage.client();
    const first = new Receiver(dying);
    const second = new Receiver(dying);
    assert.deepEqual([await first.text(), await second.text()], ["one", "two"]);
    const { Buffered, NumRecv } = await stage.figures();
    assert.deepEqual([Buffered, NumRecv], [3, 0]);
    stage.stage.network.cut("tcp://a:1");
    await stage.settle();
    const other = await stage.client();
    const texts = [await stage.receive(other), await stage.receive(other), await stage.receive(other)];
    assert.deepEqual(texts, ["one", "two", "three"]);
  });

  it("takes a receiver whose time is over for one that went away", async () => {
    const stage = await ChannelStage.open(1);
    const late = stage.first.open("recv", at, { ended: false, deadline: 1000 });
    await stage.settle();
    assert.equal((await stage.figures()).Receivers, 1);
    await stage.stage.clock.pass(1001);
    await assert.rejects(late.result, failsWith("deadline"));
    assert.equal((await stage.figures()).Receivers, 0);
    await stage.send("still there");
    assert.equal(await stage.receive(), "still there");
  });

  it("forgets a sender that was killed while it waited, and one that was killed within its message", async () => {
    const stage = await ChannelStage.open(0);
    const killed = await stage.client();
    const waiting = stage.send("phantom", killed);
    const writing = killed.open("send", at, { body: utf8.of("half of"), ended: false });
    await stage.settle();
    assert.equal((await stage.figures()).Senders, 1);
    const receiver = await stage.client();
    killed.close("killed");
    await Promise.all([assert.rejects(waiting), assert.rejects(writing.result)]);
    await stage.settle();
    assert.equal((await stage.figures()).Senders, 0);
    const received = stage.receive(receiver);
    assert.equal(await isDone(stage, received), false);
    await stage.send("real");
    assert.equal(await received, "real");
  });

  it("does not let a slow sender hold the others up", async () => {
    const stage = await ChannelStage.open(1);
    const slow = stage.first.open("send", at, { body: utf8.of("slow "), ended: false });
    await stage.settle();
    await stage.send("quick");
    assert.equal(await stage.receive(), "quick");
    await slow.send({ body: utf8.of("message") });
    slow.end();
    await slow.result;
    assert.equal(await stage.receive(), "slow message");
  });

  it("passes what is too large to be kept from one to the other, and tells the sender when it was acknowledged", async () => {
    const stage = await ChannelStage.open(3);
    const bytes = new Uint8Array(LARGE).map((_, index) => index % 251);
    const sent = stage.first.ask("send", at, { body: bytes, deadline: null });
    assert.equal(await isDone(stage, sent), false);
    assert.deepEqual([(await stage.figures()).Senders, (await stage.figures()).Bytes], [1, 0]);
    const call = (await stage.client()).open("recv", at, { ended: false, deadline: null });
    const got: Uint8Array[] = [];
    for await (const { body } of call.parts()) got.push(body);
    assert.ok(Buffer.concat(got).equals(bytes));
    assert.equal(await isDone(stage, sent), false);
    call.end();
    await sent;
    await call.result;
  });

  it("tells the receiver when the sender of a large message goes away, and never ends it cleanly", async () => {
    const stage = await ChannelStage.open(0);
    const sender = await stage.client();
    const sent = sender.open("send", at, { body: new Uint8Array(2 * 1024 * 1024), ended: false, deadline: null });
    const receiver = new Receiver(stage.first);
    const read = receiver.text();
    await stage.settle();
    sender.close("killed");
    await assert.rejects(read, failsWith("aborted", /sender went away/));
    await assert.rejects(receiver.call.result, failsWith("aborted"));
    await assert.rejects(sent.result);
    assert.ok(receiver.bytes > 0);
    assert.deepEqual([(await stage.figures()).Senders, (await stage.figures()).NumSend], [0, 0]);
  });

  it("tells the sender when the receiver of a large message goes away in the middle of it", async () => {
    const stage = await ChannelStage.open(2);
    const receiver = await stage.client();
    const call = receiver.open("recv", at, { ended: false, deadline: null });
    const sent = stage.first.ask("send", at, { body: new Uint8Array(2 * LARGE), deadline: null });
    const parts = call.parts()[Symbol.asyncIterator]();
    for (let bytes = 0; bytes < 2 * 1024 * 1024;) {
      const next = await parts.next();
      if (next.done === true) break;
      bytes += next.value.body.length;
    }
    receiver.close("killed");
    await assert.rejects(sent, failsWith("aborted", /receiver went away/));
    assert.equal((await stage.figures()).Senders, 0);
  });

  it("keeps a large message of which only that was taken which is kept", async () => {
    const stage = await ChannelStage.open(1);
    const receiver = await stage.client();
    const call = receiver.open("recv", at, { ended: false, deadline: null });
    const writer = stage.first.open("send", at, { body: new Uint8Array(LARGE), deadline: null });
    await stage.settle();
    // It has not read anything, so that nothing beyond its window can have been sent to it.
    receiver.close("killed");
    await assert.rejects(call.result);
    const other = new Receiver(await stage.client());
    await other.text();
    await other.acknowledge();
    assert.equal(other.bytes, LARGE);
    await writer.result;
  });

  it("closes behind those who send already; then it is drained, and then closed", async () => {
    const stage = await ChannelStage.open(1);
    await stage.send("kept");
    const waiting = stage.send("waited");
    const writing = stage.first.open("send", at, { body: utf8.of("beg"), ended: false });
    await stage.settle();
    await stage.first.ask("close", at);
    await assert.rejects(stage.first.ask("close", at), failsWith("closed", /already closed/));
    await assert.rejects(stage.send("late"), failsWith("closed"));
    assert.ok((await stage.figures()).Closed);
    assert.deepEqual([await stage.receive(), await stage.receive()], ["kept", "waited"]);
    await waiting;
    const third = stage.receive();
    const fourth = stage.receive();
    assert.equal(await isDone(stage, third), false);
    await writing.send({ body: utf8.of("un") });
    writing.end();
    assert.equal(await third, "begun");
    await writing.result;
    await assert.rejects(fourth, failsWith("closed"));
    await assert.rejects(stage.receive(), failsWith("closed", /no more messages/));
  });

  it("is not drained while somebody may still give a message back", async () => {
    const stage = await ChannelStage.open(1);
    await stage.send("only");
    const dying = await stage.client();
    assert.equal(await new Receiver(dying).text(), "only");
    await stage.first.ask("close", at);
    const next = stage.receive();
    assert.equal(await isDone(stage, next), false);
    dying.close("killed");
    assert.equal(await next, "only");
  });

  it("tells everybody who waits when it is scrubbed, always in the same way", async () => {
    for (const capacity of [0, 1]) {
      const stage = await ChannelStage.open(capacity);
      const client = await stage.client();
      if (capacity === 1) await stage.send("kept");
      const holding = capacity === 1 ? new Receiver(client) : null;
      if (holding !== null) await holding.text();
      const waiting = capacity === 0 ? [stage.receive(), client.ask("recv.many", { ...at, ahead: 5 }, { ended: false })] : [];
      const sending = capacity === 1 ? [stage.send("waits"), client.ask("send.many", at, { ended: false })] : [];
      const all = [...waiting, ...sending, ...(holding === null ? [] : [holding.call.result])];
      const told = all.map((one) => assert.rejects(one, failsWith("scrubbed")));
      await stage.settle();
      assert.deepEqual(await stage.first.ask("scrub", at), { existed: true });
      await Promise.all(told);
      await assert.rejects(stage.send("after"), failsWith("no-such-anchor"));
    }
  });

  it("refuses an acknowledgement that was given beforehand", async () => {
    const stage = await ChannelStage.open(1);
    await stage.send("precious");
    await assert.rejects(stage.first.ask("recv", at), failsWith("invalid", /ended before/));
    assert.equal(await stage.receive(), "precious");
    await stage.first.ask("close", at);
    await assert.rejects(stage.first.ask("recv", at), failsWith("invalid"));
  });

  it("lets a call for another element than the one that was there fail", async () => {
    const stage = await ChannelStage.open(1);
    const { element } = await stage.first.ask("peek", at);
    await stage.first.ask("scrub", at);
    await stage.first.ask("make.channel", { ...at, capacity: 1 });
    await assert.rejects(
      stage.first.ask("close", { ...at, element: element ?? "" }),
      failsWith("no-such-element", /another one has taken its place/),
    );
  });
});

describe("many messages over one call", () => {
  const last = { last: true };

  it("go in and out in order, and both sides are told how far they are", async () => {
    const stage = await ChannelStage.open(10);
    const sending = stage.first.open("send.many", at, { ended: false, deadline: null });
    const texts = Array.from({ length: 1000 }, (_, index) => `message ${index}`);
    const write = async (): Promise<void> => {
      for (const text of texts) {
        await sending.send({ body: utf8.of(text.slice(0, 4)) });
        await sending.send({ value: last, body: utf8.of(text.slice(4)) });
      }
      sending.end();
    };
    const taken: unknown[] = [];
    const listen = async (): Promise<void> => {
      for await (const { value } of sending.parts()) taken.push(value);
    };
    const receiving = (await stage.client()).open("recv.many", { ...at, ahead: 7 }, { ended: false, deadline: null });
    const got: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { value, body } of receiving.parts()) {
        assert.deepEqual(value, last);
        got.push(utf8.text(body));
        if (got.length % 3 === 0) await receiving.send({ value: { done: got.length }, body: new Uint8Array(0) });
        if (got.length === texts.length) receiving.end();
      }
    };
    await Promise.all([write(), listen(), read(), sending.result, receiving.result]);
    assert.deepEqual(got, texts);
    assert.deepEqual(taken.at(-1), { taken: 1000 });
    // The last one was not acknowledged.
    const { NumSend, NumRecv, Buffered } = await stage.figures();
    assert.deepEqual([NumSend, NumRecv, Buffered], [1000, 999, 1]);
  });

  it("are not taken further ahead than was asked for, and shared among receivers", async () => {
    const stage = await ChannelStage.open(10);
    for (let number = 0; number < 10; number += 1) await stage.send(String(number));
    const open = async () => (await stage.client()).open("recv.many", { ...at, ahead: 3 }, { ended: false, deadline: null });
    const calls = [await open(), await open()];
    await stage.settle();
    assert.equal((await stage.figures()).NumRecv, 0);
    const got: string[][] = [[], []];
    calls.forEach((call, index) => void collect(call, got[index] ?? []));
    await stage.settle();
    assert.deepEqual([got[0]?.length, got[1]?.length], [3, 3]);
    await calls[0]?.send({ value: { done: 2 }, body: new Uint8Array(0) });
    await stage.settle();
    assert.deepEqual([got[0]?.length, got[1]?.length], [5, 3]);
    calls[0]?.cancel("gone");
    await stage.settle();
    // What it held is given back, in order, before what was never given.
    await calls[1]?.send({ value: { done: 3 }, body: new Uint8Array(0) });
    await stage.settle();
    assert.deepEqual(got[1]?.slice(3), (got[0] ?? []).slice(2));
  });

  it("end for the receiver when the channel is closed and empty", async () => {
    const stage = await ChannelStage.open(10);
    await stage.send("one");
    await stage.send("two");
    await stage.first.ask("close", at);
    const call = stage.first.open("recv.many", { ...at, ahead: 5 }, { ended: false, deadline: null });
    const got: string[] = [];
    for await (const { body } of call.parts()) {
      got.push(utf8.text(body));
      await call.send({ value: { done: got.length }, body: new Uint8Array(0) });
    }
    await call.result;
    assert.deepEqual(got, ["one", "two"]);
  });

  it("end for the sender when the channel is closed, once what waited is taken", async () => {
    const stage = await ChannelStage.open(0);
    const call = stage.first.open("send.many", at, { ended: false, deadline: null });
    await call.send({ value: last, body: utf8.of("waits") });
    await stage.settle();
    await stage.first.ask("close", at);
    assert.equal(await isDone(stage, call.result), false);
    const values: unknown[] = [];
    const listening = (async () => {
      for await (const { value } of call.parts()) values.push(value);
    })();
    assert.equal(await stage.receive(), "waits");
    await assert.rejects(call.result, failsWith("closed"));
    await assert.rejects(listening, failsWith("closed"));
    assert.deepEqual(values, [{ taken: 1 }]);
  });

  it("may be large among small ones", async () => {
    const stage = await ChannelStage.open(5);
    const call = stage.first.open("send.many", at, { ended: false, deadline: null });
    const write = async (): Promise<void> => {
      await call.send({ value: last, body: utf8.of("small") });
      await call.send({ body: new Uint8Array(LARGE) });
      await call.send({ value: last, body: utf8.of("!") });
      await call.send({ value: last, body: utf8.of("small again") });
      call.end();
    };
    const writing = write();
    const sizes: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const receiver = new Receiver(await stage.client());
      await receiver.text();
      await receiver.acknowledge();
      sizes.push(receiver.bytes);
    }
    await writing;
    await call.result;
    assert.deepEqual(sizes, [5, LARGE + 1, 11]);
  });

  it("that end in the middle of one are refused, and the whole ones before it stay", async () => {
    const stage = await ChannelStage.open(5);
    const call = stage.first.open("send.many", at, { ended: false });
    await call.send({ value: last, body: utf8.of("whole") });
    await call.send({ body: utf8.of("half") });
    call.end();
    await assert.rejects(call.result, failsWith("invalid", /\{ last: true \}/));
    assert.equal((await stage.figures()).Buffered, 1);
  });

  it("cannot be acknowledged before they came", async () => {
    const stage = await ChannelStage.open(5);
    await stage.send("one");
    const call = stage.first.open("recv.many", { ...at, ahead: 5 }, { ended: false });
    await call.send({ value: { done: 2 }, body: new Uint8Array(0) });
    await assert.rejects(call.result, failsWith("invalid", /\{ done: n \}/));
    assert.equal(await stage.receive(), "one");
  });
});

async function collect(call: Call<"recv.many">, texts: string[]): Promise<void> {
  try {
    for await (const { body } of call.parts()) texts.push(utf8.text(body));
  } catch {
    // It was cancelled by the test.
  }
}

describe("a channel with many who come and go", () => {
  it("loses no message that it took, and gives none twice once it was acknowledged", async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const random = chance(seed);
      const stage = await ChannelStage.open(Math.floor(random() * 4));
      const accepted = new Set<string>();
      const acknowledged: string[] = [];
      /** Acknowledged by somebody who did not hear whether that was in time. */
      const doubtful = new Set<string>();
      const calls: { cancel(reason: string): void }[] = [];
      let count = 0;
      const send = (client: Conversation): void => {
        count += 1;
        const text = `${seed}.${count}`;
        const call = client.open("send", at, { body: utf8.of(text), deadline: null });
        calls.push(call);
        call.result.then(
          () => accepted.add(text),
          () => undefined,
        );
      };
      const receive = (client: Conversation): void => {
        const receiver = new Receiver(client);
        calls.push(receiver.call);
        receiver
          .text()
          .then(async (text) => {
            if (random() < 0.3) return receiver.call.cancel("died");
            doubtful.add(text);
            await receiver.acknowledge();
            acknowledged.push(text);
          })
          .catch(() => undefined);
      };
      for (let step = 0; step < 120; step += 1) {
        const dice = random();
        if (dice < 0.45) send(stage.first);
        else if (dice < 0.85) receive(stage.first);
        else calls[Math.floor(random() * calls.length)]?.cancel("died");
        if (random() < 0.3) await stage.stage.clock.yield();
      }
      for (const call of calls) call.cancel("the end");
      await stage.settle();
      const { Buffered } = await stage.figures();
      for (let left = 0; left < Buffered; left += 1) acknowledged.push(await stage.receive());
      assert.equal(new Set(acknowledged).size, acknowledged.length, `seed ${seed}: twice`);
      const lost = [...accepted].filter((text) => !acknowledged.includes(text) && !doubtful.has(text));
      assert.deepEqual(lost, [], `seed ${seed}: lost`);
      const after = await stage.figures();
      assert.deepEqual([after.Senders, after.Receivers, after.Buffered, after.Bytes], [0, 0, 0, 0]);
      assert.equal(after.NumSend, after.NumRecv);
    }
  });
});
