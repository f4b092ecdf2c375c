/** Servers of a circuit in one process whose membership is what the test says, and clients that talk to them. */
import type { LocalCircus } from "../../src/core/circuit/circus-port.js";
import type { Member } from "../../src/core/circuit/member.js";
import type { Log } from "../../src/core/ports.js";
import { fail, succeed, type Result } from "../../src/core/result.js";
import { formatAddress, parseAddress } from "../../src/wire/circuit/address.js";
import type { Links } from "../../src/wire/circuit/link.js";
import { CircuitError } from "../../src/wire/circuit/errors.js";
import { MemoryNetwork } from "../../src/wire/memory/links.js";
import { dialConversation } from "../../src/circuit/hello.js";
import type { Conversation, IncomingCall } from "../../src/circuit/conversation.js";
import type { Element } from "../../src/cluster/elements/element.js";
import type { Makers } from "../../src/cluster/handlers.js";
import type { Membership, MembershipListener, Seen } from "../../src/cluster/membership.js";
import type { DialServer } from "../../src/cluster/mesh/dial.js";
import { createNode, type Node, type NodeOptions } from "../../src/cluster/node.js";
import { VirtualClock } from "./virtual-clock.js";

const LINK = { keys: [], silence: 5000 };

/** A membership that knows whom it was told of. */
export class ToldMembership implements Membership {
  readonly self: Member;
  readonly others = new Map<string, Member>();
  readonly gone: Member[] = [];
  readonly greeted: Member[] = [];
  readonly handled: string[] = [];
  hasLeft = false;
  readonly #dial: DialServer;
  readonly #listeners = new Set<MembershipListener>();

  constructor(self: Member, dial: DialServer) {
    this.self = self;
    this.#dial = dial;
  }

  /** How many listen to changes. */
  get listeners(): number {
    return this.#listeners.size;
  }

  add(member: Member): void {
    this.others.set(member.id, member);
    for (const listener of this.#listeners) listener.joined(member);
  }

  remove(member: Member): void {
    this.others.delete(member.id);
    for (const listener of this.#listeners) listener.left(member, "failed");
  }

  members(): readonly Seen[] {
    return [this.self, ...this.others.values()].map((member) => ({ member, state: "alive", joined: 1 }));
  }

  lost(): readonly Member[] {
    return this.gone;
  }

  watch(listener: MembershipListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async join(address: string): Promise<Result<Member, string>> {
    return address.includes("nowhere") ? fail(`Nobody answers at "${address}"`) : succeed(this.self);
  }

  async reach(id: string, timeout: number): Promise<Result<Conversation, string>> {
    const member = this.others.get(id);
    const address = parseAddress(member?.address ?? "");
    if (!address.ok) return fail(address.failure);
    const { conversation } = await this.#dial(address.value, { self: this.self, timeout, signal: new AbortController().signal });
    return succeed(conversation);
  }

  update(): void {
    // Nobody asks for it here.
  }

  met(member: Member): void {
    this.greeted.push(member);
  }

  handle(call: IncomingCall): boolean {
    this.handled.push(call.method);
    call.reply({});
    return true;
  }

  async leave(): Promise<void> {
    this.hasLeft = true;
  }
}

export interface Stage {
  readonly node: Node;
  readonly membership: ToldMembership;
  readonly member: Member;
  /** Lines of the log. */
  readonly lines: string[];
  /** Who wanted the server to end. */
  readonly suicides: string[];
}

export interface StartOptions extends Partial<Pick<NodeOptions, "circus" | "limits">> {
  readonly makers?: Partial<Makers>;
  readonly circus?: LocalCircus;
}

/** No elements but those that need nothing. */
export const NOT_HERE: Makers = {
  process: async () => refuse(),
  container: async () => refuse(),
  nameserver: async () => refuse(),
};

function refuse(): never {
  throw new CircuitError("unavailable", "not on this stage");
}

export class NodeStage {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  #count = 0;

  /** Starts a server on a host of that name. */
  async start(host: string, { makers = {}, circus, limits }: StartOptions = {}): Promise<Stage> {
    this.#count += 1;
    const member = memberOf(host, this.#count);
    const lines: string[] = [];
    const suicides: string[] = [];
    let membership: ToldMembership | null = null;
    const node = await createNode({
      links: this.network.host(host),
      endpoint: `tcp://${host}:1`,
      linkOptions: LINK,
      describe: () => member,
      engine: "mesh",
      membership: (self, dial) => (membership = new ToldMembership(self, dial)),
      makers: { ...NOT_HERE, ...makers },
      circus: circus ?? null,
      lookAtHost: () => ({
        ...{ node: "v20.0.0", pid: this.#count, rss: 1, cpu: 2, hostname: host, os: "Linux 6", arch: "x64" },
        ...{ cpus: 2, memory: 3, free: 4, load: [0, 0, 0], uptime: 5 },
      }),
      profiler: { profiles: { cpu: "time", heap: "memory" }, take: async (name, seconds) => `${name} for ${seconds} s` },
      clock: this.clock,
      log: makeLog(lines),
      onSuicide: (peer) => suicides.push(peer),
      ...(limits === undefined ? {} : { limits }),
    });
    if (membership === null) throw new Error("the membership was not made");
    return { node, membership, member, lines, suicides };
  }

  /** A client that has said hello to a server. */
  async client(host: string, from = "client"): Promise<Conversation> {
    return (await this.#dial(host, { from, member: null })).conversation;
  }

  /** Another server that has said hello. */
  async server(host: string, member: Member): Promise<Conversation> {
    return (await this.#dial(host, { from: member.name, member })).conversation;
  }

  links(host: string): Links {
    return this.network.host(host);
  }

  #dial(host: string, { from, member }: { readonly from: string; readonly member: Member | null }) {
    return dialConversation({
      ...LINK,
      links: this.links(from),
      address: { host, port: 1, process: null },
      role: member === null ? "client" : "server",
      member,
      timeout: 1000,
      clock: this.clock,
      onCall: (call) => call.fail("unknown-method", "nobody asks here"),
    });
  }
}

export function memberOf(host: string, number: number): Member {
  const digits = number.toString(16).padStart(16, "0");
  return {
    id: `X${digits}`,
    worker: `Q${digits}`,
    address: formatAddress({ host, port: 1, process: { pid: number, worker: `Q${digits}` } }),
    name: host,
    labels: {},
    version: "1.0.0",
    started: 1_700_000_000,
    revision: 0,
    circusd: false,
  };
}

/** An element that does nothing but tell what became of it. */
export function plainElement(id: string, told: string[] = []): Element {
  return {
    kind: "process",
    id,
    handlers: {},
    stat: async () => ({ id }),
    async scrub(kill) {
      told.push(`${id} ${kill ? "killed" : "left alone"}`);
    },
  };
}

function makeLog(lines: string[]): Log {
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { debug: () => undefined, info: write("info"), warning: write("warning"), error: write("error"), critical: write("critical") };
}
