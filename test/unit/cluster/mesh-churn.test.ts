/** Twenty servers to which everything happens that may, in an order of chance, against a model of who should be there. */
import assert from "node:assert/strict";
import test from "node:test";
import { VirtualCircuit, type VirtualServer } from "../../helpers/virtual-circuit.js";

const SERVERS = 20;
const STEPS = 30;
/** Longer than the longest pause between two attempts to find a lost server, in seconds. */
const QUIET = 24;

/** What is true of the circuit, whatever the servers believe. */
class World {
  readonly circuit: VirtualCircuit;
  readonly servers = new Map<string, VirtualServer>();
  /** All that ever were. */
  readonly all: VirtualServer[] = [];
  readonly #saved = new Map<string, readonly string[]>();
  #island: readonly string[] = [];
  readonly #hung = new Set<string>();

  constructor(seed: number) {
    this.circuit = new VirtualCircuit(seed);
  }

  /** Something happens to somebody. @returns what, for messages */
  async happen(): Promise<string> {
    const host = this.#pick(Array.from({ length: SERVERS }, (_, index) => `a${String(index).padStart(2, "0")}`));
    const server = this.servers.get(host);
    const hung = this.#hung.has(host);
    if (server === undefined) return this.#restart(host);
    switch (this.#pick(["kill", "hang", "leave", "cut", "island", "heal", "replace", "join"] as const)) {
      case "kill":
        this.#remove(server);
        server.kill();
        return `kill ${host}`;
      case "hang":
        this.#hung[hung ? "delete" : "add"](host);
        this.#rewire();
        return `${hung ? "resume" : "hang"} ${host}`;
      case "leave":
        this.#remove(server);
        await server.leave();
        return `leave ${host}`;
      case "cut":
        this.circuit.network.cut(`tcp://${host}:11022`);
        return `cut ${host}`;
      case "island":
        this.#island = [...this.servers.keys()].filter(() => this.circuit.random() < 0.4);
        this.#rewire();
        return `island ${this.#island.join(" ")}`;
      case "heal":
        this.calm();
        return "heal";
      case "replace":
        this.#remove(server);
        server.kill();
        return this.#restart(host);
      case "join": {
        const other = this.#pick([...this.servers.values()]);
        void server.membership.join(other.member.address);
        return `join ${host} ${other.host}`;
      }
    }
  }

  /** All cables are in again, and nobody hangs. */
  calm(): void {
    this.#island = [];
    this.#hung.clear();
    this.#rewire();
  }

  async #restart(host: string): Promise<string> {
    const seeds = host === "a00" ? ["a01:11022"] : ["a00:11022", "a01:11022"];
    const server = await this.circuit.start(host, { seeds, known: this.#saved.get(host) ?? [] });
    this.servers.set(host, server);
    this.all.push(server);
    return `start ${host}`;
  }

  #remove(server: VirtualServer): void {
    this.servers.delete(server.host);
    this.#hung.delete(server.host);
    this.#saved.set(server.host, server.saved);
    this.#rewire();
  }

  #rewire(): void {
    const alone = [...this.#hung].map((host) => [host]);
    this.circuit.network.partition(
      ...alone,
      this.#island.filter((host) => !this.#hung.has(host)),
    );
  }

  #pick<T>(list: readonly T[]): T {
    const item = list[Math.floor(this.circuit.random() * list.length)];
    if (item === undefined) throw new Error("there is nothing to pick from");
    return item;
  }
}

/** Whoever has come may go and whoever has gone may come; nothing else. */
function assertPaired({ host, events, membership, id }: VirtualServer): void {
  const there = new Set<string>();
  for (const event of events) {
    const [what = "", who = ""] = event.split(" ");
    if (what === "update") assert.ok(there.has(who), `${host}: ${event} of one that is not there`);
    else {
      assert.equal(there.has(who), what !== "join", `${host}: ${event} when that was so already`);
      there[what === "join" ? "add" : "delete"](who);
    }
  }
  const seen = membership.members().map(({ member }) => member.id);
  assert.deepEqual([...there, id].toSorted(), seen, `${host}: what its events say`);
}

for (const seed of (process.env["CHURN_SEEDS"] ?? "1,2").split(",").map(Number)) {
  test(`after quiet all views are equal and every coming and going was told once, with chance ${seed}`, async () => {
    const world = new World(seed);
    const { clock, random } = world.circuit;
    const history: string[] = [];
    for (let step = 0; step < SERVERS + STEPS; step += 1) {
      history.push(`${clock.now()} ${await world.happen()}`);
      await clock.pass(random() * (random() < 0.2 ? 12_000 : 1500));
    }
    world.calm();
    await clock.advance(QUIET);
    const hosts = [...world.servers.keys()].toSorted();
    for (const server of world.servers.values()) {
      assert.deepEqual(server.view, hosts, `what ${server.host} sees after\n${history.join("\n")}`);
      assertPaired(server);
    }
    for (const server of world.servers.values()) await server.leave();
  });
}
