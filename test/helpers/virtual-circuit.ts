/** Servers of a circuit in one process: links of memory, a clock that stands still until told, and chance that repeats. */
import type { Member } from "../../src/core/circuit/member.js";
import type { Announcer, AnnouncerHandler } from "../../src/core/circuit/announcer-port.js";
import type { Log, Random } from "../../src/core/ports.js";
import { fail, succeed, type Result } from "../../src/core/result.js";
import { endpointOf, formatAddress } from "../../src/wire/circuit/address.js";
import { readParams } from "../../src/wire/circuit/params.js";
import { CIRCUIT_VERSION } from "../../src/wire/circuit/contract.js";
import type { Listener } from "../../src/wire/circuit/link.js";
import { MemoryNetwork } from "../../src/wire/memory/links.js";
import { converse } from "../../src/circuit/converse.js";
import { dialConversation } from "../../src/circuit/hello.js";
import type { IncomingCall } from "../../src/circuit/conversation.js";
import type { Membership } from "../../src/cluster/membership.js";
import { createMesh } from "../../src/cluster/mesh/mesh.js";
import type { DialServer } from "../../src/cluster/mesh/dial.js";
import { VirtualClock } from "./virtual-clock.js";

/** Milliseconds after which links are silent, as real ones are set. */
export const SILENCE = 4000;

/** As long as a good-bye may take. */
const LEAVING = 600;

export interface VirtualServerOptions {
  readonly seeds?: readonly string[];
  readonly known?: readonly string[];
  readonly discovers?: boolean;
  /** Others reach it by that address instead of its own. */
  readonly advertise?: string;
}

/** Repeats itself for the same seed. */
export function chance(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class VirtualCircuit {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly random: Random;
  /** Who hears what is announced by multicast. */
  readonly announced = new Set<AnnouncerHandler>();
  #count = 0;

  constructor(seed = 1) {
    this.random = chance(seed);
  }

  /** Starts a program on a host of that name; it is reached at `circuit://NAME:11022`. */
  async start(host: string, options: VirtualServerOptions = {}): Promise<VirtualServer> {
    this.#count += 1;
    const server = new VirtualServer(this, { host, number: this.#count, options });
    await server.listen();
    return server;
  }

  /** Starts `a00`, `a01`… */
  async startMany(prefix: string, count: number, options: VirtualServerOptions = {}): Promise<readonly VirtualServer[]> {
    const hosts = Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(2, "0")}`);
    return Promise.all(hosts.map((host) => this.start(host, options)));
  }

  /** Starts so many that are one circuit. */
  async startCircuit(prefix: string, count: number): Promise<readonly [VirtualServer, VirtualServer, ...VirtualServer[]]> {
    const servers = await this.startMany(prefix, count, { seeds: [`${prefix}00:11022`] });
    await this.clock.pass(3000);
    const [first, second, ...others] = servers;
    if (first === undefined || second === undefined) throw new Error("a circuit has two servers at least");
    for (const server of servers) if (server.view.length !== count) throw new Error(`${server.host} sees ${server.view.join(", ")}`);
    for (const { events } of servers) events.length = 0;
    return [first, second, ...others];
  }
}

interface Identity {
  readonly host: string;
  readonly number: number;
  readonly options: VirtualServerOptions;
}

export class VirtualServer {
  readonly host: string;
  readonly member: Member;
  readonly membership: Membership;
  /** `join X…`, `left X…`, `failed X…`, `update X…`, oldest first. */
  readonly events: string[] = [];
  readonly log: string[] = [];
  saved: readonly string[] = [];
  /** Does not answer `mesh.sync` any more, though its links stand. */
  isBusy = false;
  readonly #circuit: VirtualCircuit;
  readonly #unanswered: IncomingCall[] = [];
  #listener: Listener | null = null;
  #alive = true;

  constructor(circuit: VirtualCircuit, { host, number, options }: Identity) {
    this.#circuit = circuit;
    this.host = host;
    const digits = number.toString(16).padStart(16, "0");
    this.member = {
      id: `X${digits}`,
      worker: `Q${digits}`,
      address: options.advertise ?? formatAddress({ host, port: 11022, process: { pid: number, worker: `Q${digits}` } }),
      name: host,
      labels: {},
      version: "1.0.0",
      started: circuit.clock.epoch(),
      revision: 0,
      circusd: false,
    };
    this.membership = createMesh({
      self: this.member,
      dial: this.#dial,
      // What was killed does nothing any more, whatever its timers say.
      clock: { ...bound(circuit.clock), after: (delay, run) => circuit.clock.after(delay, () => (this.#alive ? run() : undefined)) },
      random: circuit.random,
      log: this.#makeLog(),
      known: { load: () => options.known ?? [], save: (addresses) => void (this.saved = addresses), close: async () => undefined },
      seeds: options.seeds ?? [],
      announcer: options.discovers === true ? this.#announcer() : null,
    });
    this.membership.watch({
      joined: ({ id }) => this.events.push(`join ${id}`),
      left: ({ id }, reason) => this.events.push(`${reason} ${id}`),
      updated: ({ id }) => this.events.push(`update ${id}`),
    });
  }

  get id(): string {
    return this.member.id;
  }

  /** Names of the hosts that it sees, itself among them. */
  get view(): readonly string[] {
    return this.membership
      .members()
      .map(({ member }) => member.name)
      .toSorted();
  }

  async listen(): Promise<void> {
    this.#listener = await this.#circuit.network.host(this.host).listen(
      endpointOf({ host: this.host, port: 11022 }),
      { keys: [], silence: SILENCE },
      {
        accepted: (link) => void converse(link, { clock: this.#circuit.clock, onCall: (call) => this.#onCall(call) }),
        refused: () => undefined,
      },
    );
  }

  /** As SIGKILL does. */
  kill(): void {
    this.#alive = false;
    this.#circuit.network.kill(this.host);
  }

  /** In order; the clock goes on while it does. */
  async leave(): Promise<void> {
    await Promise.all([this.membership.leave(), this.#circuit.clock.pass(LEAVING)]);
    await this.#listener?.close();
    this.kill();
  }

  /** Joins, while the clock goes on for so long. */
  async join(address: string, time = 500): Promise<Result<Member, string>> {
    const [joined] = await Promise.all([this.membership.join(address), this.#circuit.clock.pass(time)]);
    return joined;
  }

  /** It answers again, what was asked meanwhile too. */
  rest(): void {
    this.isBusy = false;
    for (const call of this.#unanswered.splice(0)) this.membership.handle(call);
  }

  readonly #dial: DialServer = (address, { self, timeout, signal }) => {
    const { clock, network } = this.#circuit;
    if (!this.#alive) return new Promise(() => undefined);
    const links = network.host(this.host);
    const onCall = (call: IncomingCall): void => this.#onCall(call);
    return dialConversation({ links, clock, address, keys: [], silence: SILENCE, role: "server", member: self, timeout, signal, onCall });
  };

  #onCall(call: IncomingCall): void {
    if (!this.#alive) return;
    if (call.method === "hello") return this.#answerHello(call);
    if (call.method === "mesh.sync" && this.isBusy) return void this.#unanswered.push(call);
    if (!this.membership.handle(call)) call.fail("unknown-method", `There is no method "${call.method}"`);
  }

  #answerHello(call: IncomingCall): void {
    const params = readParams("hello", call.params);
    if (!params.ok) return call.fail("invalid", params.failure);
    const { expects, member } = params.value;
    const own = this.membership.members().find(({ member: { id } }) => id === this.id);
    if (expects !== null && expects.worker !== this.member.worker) return call.fail("refused", `"${expects.worker}" is not here`);
    call.reply({ version: CIRCUIT_VERSION, member: own?.member ?? this.member });
    if (member !== null) this.membership.met(member);
  }

  #announcer(): Announcer {
    const { announced } = this.#circuit;
    return {
      group: "udp://228.8.8.8:8822",
      open: async (handler) => {
        announced.add(handler);
        return succeed({
          announce: async () => {
            if (!this.#alive) return fail("it is dead");
            for (const other of announced) other.heard(handler.own());
            return succeed(undefined);
          },
          close: () => void announced.delete(handler),
        });
      },
    };
  }

  #makeLog(): Log {
    const write = (message: string): void => void this.log.push(message);
    return { debug: () => undefined, info: write, warning: write, error: write, critical: write };
  }
}

function bound(clock: VirtualClock): Pick<VirtualClock, "now" | "epoch" | "yield"> {
  return { now: () => clock.now(), epoch: () => clock.epoch(), yield: () => clock.yield() };
}
