/** The embedded engine: who sees whom, and when. */
import assert from "node:assert/strict";
import test from "node:test";
import { SILENCE, VirtualCircuit, type VirtualServer } from "../../helpers/virtual-circuit.js";

function assertSame(servers: readonly VirtualServer[], what: string): void {
  const all = servers.map(({ host }) => host).toSorted();
  for (const server of servers) assert.deepEqual(server.view, all, `${what}: what ${server.host} sees`);
}

/** How often each event came. */
function counts(events: readonly string[]): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const event of events) found[event] = (found[event] ?? 0) + 1;
  return found;
}

test("a server that joins any member is seen by all others within half a second, and sees them", async () => {
  const circuit = new VirtualCircuit();
  const [first, ...others] = await circuit.startMany("a", 20);
  assert.ok(first);
  const members = [first];
  for (const other of others) {
    const at = members[Math.floor(circuit.random() * members.length)];
    assert.ok(at);
    assert.deepEqual(await other.join(at.member.address), { ok: true, value: at.member });
    members.push(other);
    assertSame(members, `after ${other.host} has joined ${at.host}`);
  }
  for (const { events } of members) assert.ok(Object.values(counts(events)).every((count) => count === 1));
});

test("fifty servers that begin at once with the same address are one circuit soon", async () => {
  const circuit = new VirtualCircuit();
  const servers = await circuit.startMany("a", 50, { seeds: ["a00:11022"] });
  await circuit.clock.pass(1000);
  assertSame(servers, "after a second");
});

test("two circuits become one by one join, whoever asks whom", async () => {
  const circuit = new VirtualCircuit();
  const one = await circuit.startCircuit("a", 20);
  const other = await circuit.startCircuit("b", 20);
  const [asker] = one.slice(7);
  const [asked] = other.slice(11);
  assert.ok(asker && asked);
  assert.equal((await asker.join(asked.member.address)).ok, true);
  assertSame([...one, ...other], "half a second after");
  for (const { events } of [...one, ...other]) {
    assert.equal(events.length, 20);
    assert.ok(Object.entries(counts(events)).every(([event, count]) => event.startsWith("join ") && count === 1));
  }
});

test("joins that happen all at once lead to one circuit, in which everybody is once", async () => {
  const circuit = new VirtualCircuit(7);
  const servers = await circuit.startMany("a", 20);
  const joins = servers
    .slice(1)
    .map((server, index) => server.membership.join(`a${String(Math.floor(circuit.random() * (index + 1))).padStart(2, "0")}:11022`));
  await Promise.all([...joins, circuit.clock.pass(6000)]);
  assertSame(servers, "after a round of comparing");
  for (const { events } of servers) assert.ok(Object.values(counts(events)).every((count) => count === 1));
});

test("joining again, or itself, changes nothing", async () => {
  const circuit = new VirtualCircuit();
  const [one, other] = await circuit.startCircuit("a", 2);
  assert.deepEqual(await one.join("circuit://a01:11022"), { ok: true, value: other.member });
  assert.deepEqual(await other.join("a00:11022"), { ok: true, value: one.member });
  assert.deepEqual(await one.join("a00:11022"), { ok: true, value: one.member });
  await circuit.clock.advance(30);
  assertSame([one, other], "after all");
  assert.deepEqual([...one.events, ...other.events], []);
});

test("a join says why it did not come about", async () => {
  const circuit = new VirtualCircuit();
  const [one] = await circuit.startMany("a", 2);
  assert.ok(one);
  const failures: readonly (readonly [address: string, failure: RegExp])[] = [
    ["nonsense", /^"nonsense" is no circuit address; write circuit:/],
    ["nowhere:1", /^Cannot join "nowhere:1": Cannot connect to "tcp:\/\/nowhere:1"/],
    ["circuit://a01:11022/9/Q0000000000000099", /^Cannot join "circuit:\/\/a01:11022\/9\/Q0000000000000099": .*not here/],
  ];
  for (const [address, failure] of failures) {
    const joined = await one.join(address);
    assert.match(joined.ok ? "" : joined.failure, failure);
  }
  const stop = new AbortController();
  circuit.network.partition(["a01"]);
  const joining = one.membership.join("a01:11022", stop.signal);
  stop.abort();
  assert.equal((await joining).ok, false);
});

test("a server that cannot be reached in return is no member by half: the join fails and says so", async () => {
  const circuit = new VirtualCircuit();
  const one = await circuit.start("a00");
  const other = await circuit.start("a01", { advertise: "circuit://127.0.0.1:11022/2/Q0000000000000002" });
  const joined = await other.join("a00:11022");
  assert.match(joined.ok ? "" : joined.failure, /^Cannot join "a00:11022": Server "a00" cannot reach ".*" in return: .*; set advertise/);
  assert.deepEqual([one.view, other.view], [["a00"], ["a01"]]);
});

test("a good-bye is seen at once by all, and the one who said it is not looked for", async () => {
  const circuit = new VirtualCircuit();
  const [one, ...others] = await circuit.startCircuit("a", 5);
  await Promise.all([one.membership.leave(), circuit.clock.pass(0)]);
  for (const other of others) assert.deepEqual(other.events, [`left ${one.id}`]);
  await one.leave();
  await circuit.clock.advance(60);
  for (const other of others) assert.deepEqual([other.events.length, other.membership.lost()], [1, []]);
});

test("after everybody has left, no timer is armed", async () => {
  const circuit = new VirtualCircuit();
  const servers = await circuit.startCircuit("a", 5);
  servers[0].kill();
  await circuit.clock.advance(2);
  for (const server of servers.slice(1)) await server.leave();
  for (const server of servers) await server.membership.leave();
  assert.equal(circuit.clock.armed, 0);
});

test("a program that was killed has failed for everybody within a moment", async () => {
  const circuit = new VirtualCircuit();
  const [one, ...others] = await circuit.startCircuit("a", 20);
  one.kill();
  await circuit.clock.pass(100);
  for (const other of others) assert.deepEqual(other.events, [`failed ${one.id}`]);
  assert.deepEqual(
    others[0].membership.lost().map(({ id }) => id),
    [one.id],
  );
});

test("a program that hangs has failed for everybody within six seconds, and is there again when it goes on", async () => {
  const circuit = new VirtualCircuit();
  const [one, ...others] = await circuit.startCircuit("a", 20);
  circuit.network.partition(["a00"]);
  await circuit.clock.pass(SILENCE);
  for (const other of others) assert.deepEqual(other.events, [], "it may be slow");
  await circuit.clock.pass(6000 - SILENCE);
  for (const other of others) assert.deepEqual(other.events, [`failed ${one.id}`]);
  circuit.network.heal();
  await circuit.clock.advance(20);
  for (const other of others) assert.deepEqual(other.events, [`failed ${one.id}`, `join ${one.id}`]);
});

test("a link that breaks and is there again at once, and a cable out for almost five seconds, are no events", async () => {
  const circuit = new VirtualCircuit();
  const servers = await circuit.startCircuit("a", 10);
  circuit.network.cut("tcp://a03:11022");
  await circuit.clock.advance(10);
  circuit.network.partition(["a03"]);
  await circuit.clock.advance(4.9);
  circuit.network.heal();
  await circuit.clock.advance(30);
  assertSame(servers, "afterwards");
  for (const { events } of servers) assert.deepEqual(events, []);
});

test("a server whose links break as soon as they stand is lost, and not dialled without end", async () => {
  const circuit = new VirtualCircuit();
  const [one, other] = await circuit.startCircuit("a", 2);
  for (let time = 0; time < 300; time += 1) {
    circuit.network.cut("tcp://a01:11022");
    await circuit.clock.pass(100);
  }
  const { [`failed ${other.id}`]: failures = 0 } = counts(one.events);
  assert.ok(failures >= 1 && failures < 20, `${failures} times`);
  await circuit.clock.advance(20);
  assertSame([one, other], "when they hold again");
});

test("another program at the address of one that nobody has missed yet takes its place", async () => {
  const circuit = new VirtualCircuit();
  const [one, other, ...others] = await circuit.startCircuit("a", 10);
  other.kill();
  const next = await circuit.start("a01");
  await circuit.clock.pass(500);
  assertSame([one, next, ...others], "after half a second");
  for (const { events } of [one, ...others]) assert.deepEqual(events, [`failed ${other.id}`, `join ${next.id}`]);
  await circuit.clock.advance(60);
  assert.deepEqual(one.membership.lost(), []);
});

test("halves of a circuit find each other after any time, by themselves", async () => {
  const circuit = new VirtualCircuit();
  const servers = await circuit.startCircuit("a", 20);
  const [left, right] = [servers.slice(0, 8), servers.slice(8)];
  circuit.network.partition(left.map(({ host }) => host));
  await circuit.clock.advance(6);
  assertSame(left, "one half");
  assertSame(right, "the other");
  await circuit.clock.advance(120);
  circuit.network.heal();
  await circuit.clock.advance(5);
  assertSame(servers, "five seconds after");
  for (const { events } of left)
    assert.deepEqual(
      Object.values(counts(events)),
      events.map(() => 1),
    );
});

test("one that does not answer while its links stand is slow, until it answers", async () => {
  const circuit = new VirtualCircuit();
  const [one, other] = await circuit.startCircuit("a", 2);
  const stateOf = (): string | undefined => one.membership.members().find(({ member }) => member.id === other.id)?.state;
  other.isBusy = true;
  await circuit.clock.advance(12);
  assert.deepEqual([stateOf(), one.events], ["slow", [`update ${other.id}`]]);
  await circuit.clock.advance(120);
  assert.equal(stateOf(), "slow");
  other.rest();
  await circuit.clock.pass(0);
  assert.deepEqual([stateOf(), one.events.length], ["alive", 2]);
});

test("what a server changes of itself is known to all at once", async () => {
  const circuit = new VirtualCircuit();
  const [one, ...others] = await circuit.startCircuit("a", 5);
  one.membership.update({ labels: { role: "web" } });
  await circuit.clock.pass(0);
  for (const server of [one, ...others]) {
    const seen = server.membership.members().find(({ member }) => member.id === one.id);
    assert.deepEqual([seen?.member.labels, seen?.member.revision, server.events], [{ role: "web" }, 1, [`update ${one.id}`]]);
  }
});

test("what was changed while a cable was out is known when it is in again", async () => {
  const circuit = new VirtualCircuit();
  const [one, ...others] = await circuit.startCircuit("a", 3);
  circuit.network.partition(["a00"]);
  await circuit.clock.advance(60);
  one.membership.update({ name: "renamed" });
  circuit.network.heal();
  await circuit.clock.advance(20);
  for (const other of others) assert.deepEqual(other.view, ["a01", "a02", "renamed"]);
});

test("an address to join is tried until somebody answers there, and again when the server is alone; the log has a line of each", async () => {
  const circuit = new VirtualCircuit();
  const one = await circuit.start("a00", { seeds: ["a00:11022", "a01:11022"] });
  await circuit.clock.advance(600);
  assert.equal(one.log.length, 1);
  assert.match(one.log[0] ?? "", /^Cannot join "a01:11022": .*; trying again until somebody answers there$/);
  const other = await circuit.start("a01");
  await circuit.clock.advance(20);
  assertSame([one, other], "when it has come");
  assert.deepEqual(one.log.slice(1), ['Joined server "a01" at "a01:11022"']);
  await other.leave();
  await circuit.clock.advance(600);
  const next = await circuit.start("a01");
  await circuit.clock.advance(20);
  assertSame([one, next], "when it has come again");
  assert.equal(one.log.length, 4);
});

test("those that an earlier life knew are found again", async () => {
  const circuit = new VirtualCircuit();
  const [one, other, third] = await circuit.startCircuit("a", 3);
  assert.ok(third);
  assert.deepEqual(one.saved, [other.member.address, third.member.address]);
  await one.leave();
  await other.leave();
  const again = await circuit.start("a00", { known: [...one.saved, "damaged"] });
  await circuit.clock.pass(500);
  assertSame([again, third], "the one that is still there");
  assert.deepEqual(again.saved, [third.member.address, "circuit://a01:11022"]);
});

test("servers that hear each other by multicast are one circuit, also after years of silence between them", async () => {
  const circuit = new VirtualCircuit();
  const servers = await circuit.startMany("a", 10, { discovers: true });
  await circuit.clock.advance(3);
  assertSame(servers, "at the start");
  const late = await circuit.start("b00", { discovers: true });
  await circuit.clock.advance(3);
  assertSame([...servers, late], "with one that came later");
  for (const server of servers) await server.leave();
  assert.deepEqual(late.view, ["b00"]);
  const next = await circuit.startMany("c", 3, { discovers: true });
  await circuit.clock.advance(40);
  assertSame([late, ...next], "after all others were exchanged");
});

test("a way to a server is given at once, or refused with the reason within the time", async () => {
  const circuit = new VirtualCircuit();
  const [one, other, third] = await circuit.startCircuit("a", 3);
  assert.ok(third);
  const reach = (id: string, timeout = 1000): ReturnType<VirtualServer["membership"]["reach"]> => one.membership.reach(id, timeout);
  const way = await reach(other.id);
  assert.deepEqual(
    way.ok && (await Promise.all([way.value.ask("mesh.sync", { digest: "" }), circuit.clock.pass(1)]))[0].members?.length,
    3,
  );
  circuit.network.cut("tcp://a01:11022");
  await circuit.clock.pass(0);
  assert.equal((await reach(other.id)).ok, true, "a link that broke was made anew");
  third.kill();
  await circuit.clock.pass(100);
  const messages: readonly (readonly [id: string, failure: RegExp])[] = [
    [one.id, /is this server itself$/],
    ["X9999999999999999", /^There is no server "X9999999999999999" in this circuit$/],
    [third.id, /^Server ".*" cannot be reached: Cannot connect to "tcp:\/\/a02:11022"/],
  ];
  for (const [id, failure] of messages) {
    const refused = await reach(id);
    assert.match(refused.ok ? "" : refused.failure, failure);
  }
  circuit.network.partition(["a01"]);
  await circuit.clock.pass(SILENCE);
  const [waited] = await Promise.all([reach(other.id, 500), circuit.clock.pass(500)]);
  assert.equal(waited.ok, false);
});

test("a wall clock that is set does no harm", async () => {
  const circuit = new VirtualCircuit();
  const servers = await circuit.startCircuit("a", 5);
  for (const epoch of [0, 4_000_000_000, 1_700_000_000]) {
    circuit.clock.set(epoch);
    await circuit.clock.advance(60);
  }
  for (const { events } of servers) assert.deepEqual(events, []);
});

test("a listener that fails is logged, and the others are told all the same", async () => {
  const circuit = new VirtualCircuit();
  const one = await circuit.start("a00");
  const fails = (): never => {
    throw new Error("no such luck");
  };
  const stop = one.membership.watch({ joined: fails, left: fails, updated: fails });
  const heard: string[] = [];
  one.membership.watch({ joined: ({ name }) => heard.push(name), left: () => undefined, updated: () => undefined });
  const other = await circuit.start("a01", { seeds: ["a00:11022"] });
  await circuit.clock.pass(500);
  assert.deepEqual(heard, ["a01"]);
  assert.deepEqual(one.log, ["internal: a listener of the membership failed: no such luck"]);
  stop();
  await other.leave();
  assert.equal(one.log.length, 1);
});
