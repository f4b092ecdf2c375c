import assert from "node:assert/strict";
import test from "node:test";
import { CircuitSeat, type Circuit, type OpenCircuit } from "../../../src/arbiter/circuit-seat.js";
import { join } from "../../../src/arbiter/commands/join.js";
import { members } from "../../../src/arbiter/commands/members.js";
import { relay } from "../../../src/arbiter/commands/relay.js";
import type { Handler } from "../../../src/arbiter/controller.js";
import type { ClusterSpec } from "../../../src/core/circuit/spec.js";
import { CLUSTER_DEFAULTS } from "../../../src/core/options.js";
import type { CommandName, Commands, MemberInfo } from "../../../src/wire/contract.js";
import { openMemory } from "../../../src/wire/memory/transport.js";
import { decodeProperties } from "../../../src/wire/properties.js";

const WEB1: MemberInfo = {
  ...{ id: "X64f8786f08bc31a2", name: "web1", address: "circuit://10.0.0.2:11022/801/Q4b845c991e477319", labels: {}, version: "1.2.3" },
  ...{ state: "alive", started: 1, circusd: true, self: false },
};

interface Stage {
  readonly seat: CircuitSeat;
  /** What was done, in order. */
  readonly deeds: readonly string[];
  readonly log: readonly string[];
}

/** @param open what opening a circuit comes to */
function stage(open: (circuit: Circuit) => Promise<Circuit> = async (circuit) => circuit): Stage {
  const deeds: string[] = [];
  const log: string[] = [];
  const note = (message: string): void => void log.push(message);
  const circuit: Circuit = {
    members: async () => ({ members: [WEB1] }),
    join: async (address) => ({ member: { ...WEB1, address } }),
    relay: async ({ server, command }) => ({ server, reply: { status: "ok", command } }),
    async adopt({ name, listen }) {
      deeds.push(`adopt ${name ?? ""}`);
      return listen === CLUSTER_DEFAULTS.listen ? [] : ["listen"];
    },
    leave: async () => void deeds.push("leave"),
  };
  const opening: OpenCircuit = async ({ name }) => {
    deeds.push(`open ${name ?? ""}`);
    return open(circuit);
  };
  const within = { transport: openMemory(), endpoint: "memory://arbiter" };
  const seat = new CircuitSeat(opening, within, { debug: note, info: note, warning: note, error: note, critical: note });
  return { seat, deeds, log };
}

function named(name: string, more: Partial<ClusterSpec> = {}): ClusterSpec {
  return { ...CLUSTER_DEFAULTS, name, ...more };
}

test("a seat is taken with the first [cluster], follows its changes, and is left without it", async () => {
  const { seat, deeds, log } = stage();
  await seat.follow(null);
  await seat.follow(named("a"));
  await seat.follow(named("b"));
  await seat.follow(named("c", { listen: "127.0.0.1:1" }));
  await seat.follow(null);
  assert.deepEqual(deeds, ["open a", "adopt b", "adopt c", "leave"]);
  assert.deepEqual(log, ["[cluster] has changed: listen take effect when circusd is started anew"]);
  await seat.follow(named("d"));
  assert.equal(deeds.at(-1), "open d");
});

test("a circuit that cannot be opened is told of, and tried again by the next configuration", async () => {
  let works = false;
  const { seat, log } = stage(async (circuit) => {
    if (works) return circuit;
    throw new Error('Cannot listen at "10.0.0.1:11022": the port is in use');
  });
  await seat.follow(named("a"));
  assert.match(
    log[0] ?? "",
    /^Cannot take part in a circuit: Cannot listen at "10\.0\.0\.1:11022": the port is in use; everything else goes on/,
  );
  await assert.rejects(seat.circuit(), {
    message: 'This circusd is no server of a circuit: Cannot listen at "10.0.0.1:11022": the port is in use',
  });
  works = true;
  await seat.follow(named("a"));
  assert.equal((await (await seat.circuit()).members()).members.length, 1);
});

test("who asks for a circuit that is just being opened waits for it", async () => {
  let finish = (): void => undefined;
  const { seat, deeds } = stage(async (circuit) => {
    await new Promise<void>((resolve) => (finish = resolve));
    return circuit;
  });
  void seat.follow(named("a"));
  const asked = seat.circuit();
  while (deeds.length === 0) await new Promise(setImmediate);
  finish();
  assert.equal((await (await asked).members()).members.length, 1);
});

test("configurations that follow each other at once open one circuit", async () => {
  const { seat, deeds } = stage(async (circuit) => {
    await new Promise(setImmediate);
    return circuit;
  });
  await Promise.all([seat.follow(named("a")), seat.follow(named("b"))]);
  assert.deepEqual(deeds, ["open a", "adopt b"]);
});

test("who is told to leave while it opens has left when that is done, and comes back no more", async () => {
  let finish = (): void => undefined;
  const { seat, deeds } = stage(async (circuit) => {
    await new Promise<void>((resolve) => (finish = resolve));
    return circuit;
  });
  const opening = seat.follow(named("a"));
  while (deeds.length === 0) await new Promise(setImmediate);
  const left = seat.leave();
  finish();
  await Promise.all([opening, left]);
  assert.deepEqual(deeds, ["open a", "leave"]);
  await seat.follow(named("b"));
  assert.deepEqual(deeds, ["open a", "leave"]);
});

type Seated = Parameters<Handler<"members">>[0];

/** Carries a command out as far as the seat goes: that is all these handlers know of the arbiter. */
async function carryOut<C extends CommandName>(
  handler: Handler<C>,
  seat: CircuitSeat,
  properties: Commands[C]["properties"],
): Promise<unknown> {
  const outcome = await handler({ seat } satisfies Pick<Seated, "seat"> as Seated, properties);
  return outcome.kind === "done" ? outcome.reply : null;
}

test("members, join and relay answer with what the circuit says, and with a refusal where there is none", async () => {
  const { seat } = stage();
  for (const run of [
    () => carryOut(members, seat, {}),
    () => carryOut(join, seat, { address: "10.0.0.2:11022" }),
    () => carryOut(relay, seat, { server: "web1", command: "list" }),
  ]) {
    await assert.rejects(run, {
      name: "CommandError",
      message: "This circusd is no server of a circuit: add [cluster] to its configuration",
    });
  }
  await seat.follow(named("a"));
  assert.deepEqual(await carryOut(members, seat, {}), { members: [WEB1] });
  assert.deepEqual(await carryOut(join, seat, { address: "10.0.0.2:11022" }), { member: { ...WEB1, address: "10.0.0.2:11022" } });
  assert.deepEqual(await carryOut(relay, seat, { server: "web1", command: "quit" }), {
    server: "web1",
    reply: { status: "ok", command: "quit" },
  });
});

test("what is to be relayed is read as it comes, and its envelope is checked", () => {
  const properties = { server: "web1", command: "greet", properties: { deep: { er: [1] } }, timeout: "2.5" };
  assert.deepEqual(decodeProperties("relay", properties), { ok: true, value: { ...properties, timeout: 2.5 } });
  const wrong: readonly (readonly [object, string])[] = [
    [{ command: "list" }, "message invalid 'server' is missing"],
    [{ server: "web1" }, "message invalid 'command' is missing"],
    [{ server: 1, command: "list" }, "'server' isn't a string"],
    [{ server: "web1", command: "list", properties: "x" }, "'properties' should be an object"],
    [{ server: "web1", command: "list", timeout: -1 }, "'timeout' is negative"],
  ];
  for (const [given, failure] of wrong) assert.deepEqual(decodeProperties("relay", given), { ok: false, failure });
});
