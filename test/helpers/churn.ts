/**
 * Servers that come, go, crash and hang in an order of chance, with clients that use them meanwhile. Whatever happens, what clients
 * were told has to be true, and after quiet every server sees all that are there.
 */
import { existsSync } from "node:fs";
import { ChurnClient, pick, type ClientContext } from "./churn-client.js";
import { ChurnServer } from "./churn-server.js";
import { CircuitProgram } from "./circuit-program.js";
import { eventually } from "./facts.js";

export interface ChurnOptions {
  readonly servers: number;
  readonly clients: number;
  readonly seconds: number;
  /** Milliseconds for which a server hangs at most. */
  readonly longestHang: number;
  readonly random: () => number;
  /** A directory, for all of them. */
  readonly dir: string;
}

export interface ChurnReport {
  /** All that was not as it was told. */
  readonly faults: readonly string[];
  /** How often what was done. */
  readonly deeds: ReadonlyMap<string, number>;
  /** Messages of the channels of all servers that are left. */
  readonly messages: { readonly safe: number; readonly acknowledged: number; readonly again: number };
  /** Milliseconds from the last deed until all views were equal. */
  readonly quiet: number;
}

/** The share of servers that are never ended, so that there is something to come back to. */
const STURDY = 1 / 3;

export async function churn(options: ChurnOptions): Promise<ChurnReport> {
  await using churn = new Churn(options);
  return await churn.run();
}

class Churn implements AsyncDisposable {
  readonly #options: ChurnOptions;
  readonly #servers = new Map<string, ChurnServer>();
  readonly #all: CircuitProgram[] = [];
  readonly #clients: ChurnClient[] = [];
  readonly #pids: number[] = [];
  readonly #faults: string[] = [];
  readonly #deeds = new Map<string, number>();
  readonly #addresses: string[] = [];

  constructor(options: ChurnOptions) {
    this.#options = options;
  }

  async run(): Promise<ChurnReport> {
    const { servers, clients, seconds } = this.#options;
    for (let number = 0; number < Math.max(2, servers * STURDY); number += 1) await this.#start(true);
    for (let number = 0; number < clients; number += 1) this.#clients.push(await ChurnClient.dial(`c${number}`, this.#context(number)));
    for (const server of this.#servers.values()) await this.#clients[0]?.furnish(server);
    while (this.#servers.size < servers) await this.#start(false);
    const stop = new AbortController();
    const working = this.#clients.map((client) => client.work(stop.signal));
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      await this.#disturb();
      await pause(50 + 500 * this.#options.random());
    }
    stop.abort();
    const quiet = await this.#quiet();
    await Promise.all(working);
    await this.#settle();
    return this.#report(quiet);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.#all.map((program) => program[Symbol.asyncDispose]()));
  }

  /** Each client goes through another server first. */
  #context(number: number): ClientContext {
    const first = number % this.#addresses.length;
    return {
      addresses: [...this.#addresses.slice(first), ...this.#addresses.slice(0, first)],
      random: this.#options.random,
      servers: () => [...this.#servers.values()],
      fault: (what) => void this.#faults.push(what),
      started: (pid) => void this.#pids.push(pid),
    };
  }

  async #start(isSturdy: boolean): Promise<void> {
    const { dir } = this.#options;
    const flags = this.#addresses.slice(0, 2).flatMap((address) => ["-j", address]);
    const program = await CircuitProgram.start({ name: `s${this.#all.length}`, dir, flags });
    this.#all.push(program);
    const server = new ChurnServer(program, isSturdy);
    if (isSturdy) this.#addresses.push(program.address);
    else {
      const client = await ChurnClient.dial("maker", { ...this.#context(0), addresses: [program.address] });
      await client.furnish(server);
      await client.close();
    }
    this.#servers.set(server.id, server);
  }

  async #disturb(): Promise<void> {
    const { random, servers, longestHang } = this.#options;
    const server = pick([...this.#servers.values()], random);
    if (server === null) return;
    const deed = this.#servers.size < servers && random() < 0.5 ? "start" : pick(["kill", "leave", "hang", "hang"], random);
    if (deed === "start") await this.#start(false);
    else if (server.isHung) return;
    else if (deed === "hang") {
      server.hang(true);
      setTimeout(() => server.hang(false), random() * longestHang).unref();
    } else if (server.isSturdy) return;
    else {
      this.#servers.delete(server.id);
      server.program.signal(deed === "kill" ? "SIGKILL" : "SIGTERM");
      const code = await server.program.ended();
      if (deed === "leave" && code !== 0) this.#faults.push(`${server.program.name}: exit code ${code ?? "of no"}\n${server.program.log}`);
    }
    this.#deeds.set(deed ?? "", (this.#deeds.get(deed ?? "") ?? 0) + 1);
  }

  /** @returns milliseconds until all views are equal */
  async #quiet(): Promise<number> {
    const begun = performance.now();
    for (const server of this.#servers.values()) if (server.isHung) server.hang(false);
    const ids = [...this.#servers.keys()];
    await eventually(
      () => [...this.#servers.values()].filter(({ program }) => !program.sees(ids)).map(({ program }) => program.name),
      (blind) => blind.length === 0,
    );
    return performance.now() - begun;
  }

  async #settle(): Promise<void> {
    const servers = [...this.#servers.values()];
    this.#servers.clear();
    for (const server of servers) this.#faults.push(...((await this.#clients[0]?.settle(server)) ?? []));
    // What clients have made ends with its server, at the latest.
    await Promise.all(servers.map(({ program }) => (program.signal("SIGTERM"), program.ended())));
    await eventually(
      () => this.#pids.filter((pid) => existsSync(`/proc/${pid}`)),
      (alive) => alive.length === 0,
    );
    for (const server of servers) this.#servers.set(server.id, server);
  }

  #report(quiet: number): ChurnReport {
    const messages = { safe: 0, acknowledged: 0, again: 0 };
    for (const { ledger } of this.#servers.values()) {
      const { safe, acknowledged, again } = ledger.figures();
      messages.safe += safe;
      messages.acknowledged += acknowledged;
      messages.again += again;
    }
    for (const { done } of this.#clients) for (const [deed, times] of done) this.#deeds.set(deed, (this.#deeds.get(deed) ?? 0) + times);
    return { faults: this.#faults, deeds: this.#deeds, messages, quiet };
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
