import assert from "node:assert/strict";
import test from "node:test";
import { decodeMulti, encode } from "@msgpack/msgpack";
import type { ByteStream } from "../../../../src/core/circuit/serf-port.js";
import { AgentConnection } from "../../../../src/cluster/serf/agent-connection.js";
import type { SerfEvent } from "../../../../src/cluster/serf/records.js";
import { VirtualClock } from "../../../helpers/virtual-clock.js";

/** An agent of memory: what was asked, and a way to answer. */
class Agent implements ByteStream {
  readonly asked: unknown[] = [];
  readonly #queue: Uint8Array[] = [];
  #wake = (): void => undefined;
  isClosed = false;

  readonly chunks = this.#read();

  write(bytes: Uint8Array): void {
    this.asked.push(...decodeMulti(bytes));
  }

  close(): void {
    this.isClosed = true;
    this.#wake();
  }

  /** Byte by byte, as a bad network would. */
  say(...records: readonly unknown[]): void {
    for (const record of records) for (const byte of encode(record)) this.#queue.push(Uint8Array.of(byte));
    this.#wake();
  }

  raw(...bytes: readonly number[]): void {
    this.#queue.push(Uint8Array.from(bytes));
    this.#wake();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#queue.shift();
      if (next !== undefined) yield next;
      else if (this.isClosed) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function open(): {
  readonly agent: Agent;
  readonly connection: AgentConnection;
  readonly events: SerfEvent[];
  readonly clock: VirtualClock;
} {
  const agent = new Agent();
  const clock = new VirtualClock();
  const events: SerfEvent[] = [];
  return { agent, clock, events, connection: new AgentConnection({ stream: agent, clock, onEvent: (event) => events.push(event) }) };
}

const NODE = { Name: "Q1", Addr: Uint8Array.of(10, 0, 0, 255), Port: 7946, Tags: { n: "hö" }, Status: "alive" };
const READ = { name: "Q1", place: "10.0.0.255:7946", tags: { n: "hö" }, status: "alive" };

async function begun(): Promise<ReturnType<typeof open>> {
  const opened = open();
  const begin = opened.connection.begin("secret", "word");
  opened.agent.say({ Seq: 1, Error: "" }, { Seq: 2, Error: "" }, { Seq: 3, Error: "" });
  await begin;
  return opened;
}

test("a connection says who it is, and hears events between answers", async () => {
  const { agent, connection, events } = await begun();
  assert.deepEqual(agent.asked.slice(0, 4), [
    { Command: "handshake", Seq: 1 },
    { Version: 1 },
    { Command: "auth", Seq: 2 },
    { AuthKey: "secret" },
  ]);
  const members = connection.members();
  agent.say({ Seq: 3, Error: "" }, { Event: "member-join", Members: [NODE] });
  agent.say({ Seq: 4, Error: "" }, { Members: [NODE, { Name: "odd" }] });
  assert.deepEqual(await members, [READ]);
  agent.say({ Seq: 3, Error: "" }, { Event: "user", Name: "word", Payload: new TextEncoder().encode("hey"), LTime: 1 });
  const join = connection.join(["10.0.0.9:7946"]);
  agent.say({ Seq: 5, Error: "1 error occurred:\n\t* no route\n\n" }, { Num: 0 });
  await assert.rejects(join, { message: "1 error occurred: * no route" });
  assert.deepEqual(events, [
    { kind: "nodes", change: "join", nodes: [READ] },
    { kind: "user", name: "word", payload: "hey" },
  ]);
  connection.close();
  await connection.ended;
});

test("what waits for an answer fails when the agent ends, and when it does not answer", async () => {
  const one = await begun();
  const members = one.connection.members();
  one.agent.close();
  await assert.rejects(members, /the serf agent has ended/);

  const other = await begun();
  const tags = assert.rejects(other.connection.setTags({}), /has not answered "tags" within 15 s/);
  await other.clock.advance(15);
  await tags;
  await other.connection.ended;
  assert.ok(other.agent.isClosed);
});

test("a connection to something that is no agent ends", async () => {
  for (const bytes of [
    [0xc1],
    [0x80, 0x80],
    [0x82, 0xa3, 0x53, 0x65, 0x71, 0x63, 0xa5, 0x45, 0x72, 0x72, 0x6f, 0x72, 0xa0],
    [0xdd, 0xff, 0xff, 0xff, 0xff],
  ]) {
    const { agent, connection } = open();
    const begin = assert.rejects(connection.begin("secret", "word"), /says what cannot be read/);
    agent.raw(...bytes);
    await begin;
    await connection.ended;
    assert.ok(agent.isClosed);
  }
});
