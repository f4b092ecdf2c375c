/** Servers that tell each other by multicast where they are, with real sockets. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import test, { type TestContext } from "node:test";
import type { Announcement, Announcing } from "../../../src/core/circuit/announcer-port.js";
import type { MulticastGroup } from "../../../src/core/multicast.js";
import { multicastAnnouncer } from "../../../src/os/announcer.js";
import { findServers } from "../../../src/os/find-servers.js";
import { eventually } from "../../helpers/facts.js";

const ONE = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);

/** A group of this test alone: the port is one that was free a moment ago. */
async function freeGroup(): Promise<MulticastGroup> {
  const socket = createSocket("udp4").bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return { host: `239.255.78.${1 + (process.pid % 250)}`, port };
}

interface Server {
  readonly announcing: Announcing;
  /** Workers of which it was told. */
  readonly heard: Set<string>;
}

interface Where {
  readonly group: MulticastGroup;
  readonly keys?: readonly Uint8Array[];
  readonly host?: string;
}

async function open(t: TestContext, number: number, { group, keys = [], host = "127.0.0.1" }: Where): Promise<Server> {
  const heard = new Set<string>();
  const worker = `Q000000000000000${number}`;
  const own = (): Announcement => ({ address: `circuit://${host}:1102${number}/${number}/${worker}`, worker });
  const opened = await multicastAnnouncer({ group, keys: () => keys }).open({ own, heard: (one) => void heard.add(one.worker) });
  assert.ok(opened.ok, opened.ok ? "" : opened.failure);
  t.after(() => opened.value.close());
  return { announcing: opened.value, heard };
}

/** Announces until everybody has heard what it should, since datagrams get lost. */
async function announceUntil(servers: readonly Server[], isEnough: () => boolean): Promise<void> {
  await eventually(async () => {
    for (const { announcing } of servers) await announcing.announce();
    return isEnough();
  }, Boolean);
}

test("servers of one host hear each other, and whoever asks hears all", async (t) => {
  const group = await freeGroup();
  const servers = [await open(t, 1, { group }), await open(t, 2, { group })];
  await announceUntil(servers, () => servers.every(({ heard }) => heard.size === 2));
  const found = await findServers({ group, keys: [], wait: 5000, signal: new AbortController().signal });
  assert.deepEqual(found.ok && found.value.toSorted(), [
    "circuit://127.0.0.1:11021/1/Q0000000000000001",
    "circuit://127.0.0.1:11022/2/Q0000000000000002",
  ]);
});

test("only those with a key in common hear each other; any of their keys will do", async (t) => {
  const group = await freeGroup();
  const host = "10.9.9.9";
  const [one, both, other, none] = [
    await open(t, 1, { group, host, keys: [ONE] }),
    await open(t, 2, { group, host, keys: [OTHER, ONE] }),
    await open(t, 3, { group, host, keys: [OTHER] }),
    await open(t, 4, { group, host }),
  ];
  await announceUntil([one, both, other, none], () => both.heard.size === 3 && other.heard.size === 2);
  assert.deepEqual([...one.heard].toSorted(), ["Q0000000000000001"]);
  assert.deepEqual([...both.heard].toSorted(), ["Q0000000000000001", "Q0000000000000002", "Q0000000000000003"]);
  assert.deepEqual([...other.heard].toSorted(), ["Q0000000000000002", "Q0000000000000003"]);
  assert.deepEqual([...none.heard], [], "without a key nobody is believed who is elsewhere");
  const found = await findServers({ group, keys: [ONE], wait: 5000, signal: new AbortController().signal });
  // The second one signs with its first key, which is not that of the one who asks.
  assert.deepEqual(found, { ok: true, value: ["circuit://10.9.9.9:11021/1/Q0000000000000001"] });
});

test("whoever asks where nobody is has an empty answer when the time is over, or when it is interrupted", async () => {
  const group = await freeGroup();
  const never = new AbortController();
  assert.deepEqual(await findServers({ group, keys: [], wait: 50, signal: never.signal }), { ok: true, value: [] });
  const asked = findServers({ group, keys: [], wait: 60_000, signal: never.signal });
  never.abort();
  assert.deepEqual(await asked, { ok: true, value: [] });
});

test("garbage and floods are not answered much", async (t) => {
  const group = await freeGroup();
  await open(t, 1, { group });
  const socket = createSocket("udp4").bind(0);
  t.after(() => void socket.close());
  await once(socket, "listening");
  socket.setMulticastInterface("127.0.0.1");
  let answers = 0;
  socket.on("message", () => (answers += 1));
  const send = (text: string | Buffer): Promise<unknown> =>
    new Promise((resolve) => socket.send(text, group.port, group.host, (error) => resolve(error)));
  for (const text of ["", "{", "null", '{"circuit":1}', Buffer.alloc(60_000)]) await send(text);
  for (let index = 0; index < 300; index += 1) await send('{"circuit":1,"question":"x"}');
  await eventually(
    () => answers,
    (count) => count > 0,
  );
  assert.ok(answers <= 100, `${answers} answers`);
});
