/** A client of a circuit: it is connected to one server, and reaches every other one through that. */
import type { Member, MemberState } from "../core/circuit/member.js";
import { isServerId } from "../core/circuit/member.js";
import { parseAddress, type Address } from "../wire/circuit/address.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { memberChangeSchema, type MemberChange } from "../wire/circuit/values.js";
import { Anchor, type Entry, type ListOptions } from "./anchor.js";
import { serverName, splitPath } from "./path.js";
import { explained, Place, understood, type CallOptions } from "./place.js";
import { Uplink, type DialServer } from "./uplink.js";

export interface ClientOptions {
  /** `circuit://HOST:PORT[/PID/Q…]` each, at least one: the first that answers is used, the next when it is lost. */
  readonly addresses: readonly string[];
  /** Reaches a server. */
  readonly dial: DialServer;
  /** Milliseconds for each address. @default 5000 */
  readonly timeout?: number;
  /** Milliseconds for calls that say nothing of it, but for those that wait for others. @default 30,000 */
  readonly deadline?: number;
}

/** A server as the one that was asked sees it. */
export interface SeenMember extends Member {
  readonly state: MemberState;
  /** Seconds since the epoch at which it was seen to come. */
  readonly joined: number;
}

export interface Members {
  /** In the order of their ids. */
  readonly members: readonly SeenMember[];
  /** Those that were lost and are still looked for. */
  readonly lost: readonly Member[];
}

/** What is there, and which servers could not be asked, by their paths. */
export interface Listing {
  readonly entries: readonly Entry[];
  readonly unreachable: ReadonlyMap<string, CircuitError>;
}

/**
 * Made by `dial` and `discover`. Calls may overlap. A call fails with `lost` when the server that it goes through is lost; the
 * next call dials again, the next address first.
 * @example
 * ```ts
 * await using client = await dial("circuit://10.0.0.1:11022");
 * const [server] = (await client.members()).members;
 * const process = await client.walk([server.id, "hello"]).makeProc({ Path: "echo", Args: ["hello"] });
 * ```
 */
export class CircuitClient implements AsyncDisposable {
  readonly #uplink: Uplink;

  /** @throws CircuitError for an address that is none; nothing is dialled yet */
  constructor({ addresses, dial, timeout = 5000, deadline = 30_000 }: ClientOptions) {
    if (addresses.length === 0) throw new CircuitError("invalid", "Cannot dial a circuit: no address was given");
    this.#uplink = new Uplink({ addresses: addresses.map(readAddress), dial, timeout, deadline });
  }

  /** The server that the client is connected to; dials where it is not. */
  async server(options?: Pick<CallOptions, "signal">): Promise<Member> {
    return (await this.#uplink.reach(options?.signal)).member;
  }

  /** Every server of the circuit, as the one that the client is connected to sees it. */
  async members(options?: CallOptions): Promise<Members> {
    return (await this.#home(options)).ask({ what: "list the servers of the circuit", method: "members", params: {} }, options);
  }

  /**
   * Servers that join, leave and change, beginning with a join for everybody who is there.
   * @throws CircuitError `lost` with the server that it goes through, when its view is of no use any more
   * @example `for await (const { event, member } of client.watch({ signal })) console.log(event, member.name);`
   */
  async *watch(options?: CallOptions): AsyncGenerator<MemberChange, void, undefined> {
    const what = "watch the servers of the circuit";
    const home = await this.#home(options);
    const call = await home.open({ what, method: "members.watch", params: {} }, { deadline: null, ended: true, ...options });
    try {
      for await (const { value } of call.parts()) yield understood(value, memberChangeSchema, what);
    } catch (cause) {
      throw explained(cause, what);
    } finally {
      call.cancel("nobody watches any more");
    }
  }

  /**
   * The anchor of a path that begins with the id of a server; nobody is asked.
   * @throws CircuitError `invalid` where it does not
   * @example `client.walk("/X88550014d4c82e4d/jobs/nightly")`
   */
  walk(path: string | readonly string[]): Anchor {
    const [server = "", ...names] = typeof path === "string" ? splitPath(path) : path;
    const isId: boolean = isServerId(server);
    if (isId) return new Anchor(new Place(this.#uplink, server, names));
    if (server === "")
      throw new CircuitError("invalid", "Cannot walk to the root: it holds nothing but servers, which view() and list() tell");
    throw new CircuitError("invalid", `Cannot walk to "${server}": it is no server's id; locate() finds servers by name`);
  }

  /**
   * The anchor of a path that may begin with the name of a server in place of its id, where only one has that name.
   * @throws CircuitError `no-such-server` where none has it, `invalid` where several have
   * @example `await client.locate("@web1/jobs/nightly")`
   */
  async locate(path: string | readonly string[], options?: CallOptions): Promise<Anchor> {
    const [word = "", ...names] = typeof path === "string" ? splitPath(path) : path;
    const isId: boolean = isServerId(word);
    if (word === "" || isId) return this.walk([word, ...names]);
    const { members } = await this.members(options);
    const named = members.filter(({ name }) => name === serverName(word));
    const [only] = named;
    if (only === undefined) {
      const known = members.map(({ name }) => name).join(", ");
      throw new CircuitError("no-such-server", `Cannot find a server called "${word}"; the circuit has ${known}`);
    }
    if (named.length > 1) {
      const ids = named.map(({ id }) => id).join(", ");
      throw new CircuitError("invalid", `Cannot tell which server "${word}" is: ${ids} are called so; use an id`);
    }
    return this.walk([only.id, ...names]);
  }

  /** The servers by id. */
  async view(options?: CallOptions): Promise<ReadonlyMap<string, Anchor>> {
    const { members } = await this.members(options);
    return new Map(members.map(({ id }) => [id, this.walk([id])]));
  }

  /**
   * Everything that there is, in the order of paths. Servers are asked at once and each has the whole deadline, so that one
   * that does not answer keeps nobody back.
   * @param options `depth` counts from the root: 1 is the servers alone
   */
  async list({ depth = 1, ...options }: ListOptions = {}): Promise<Listing> {
    const { members } = await this.members(options);
    const below = depth === null ? null : depth - 1;
    const asked = await Promise.all(members.map(({ id }) => this.#listOne(id, { ...options, depth: below })));
    return {
      entries: asked.flatMap(({ path, entries }) => [{ path, kind: "server" as const }, ...entries]),
      unreachable: new Map(asked.flatMap(({ path, failure }) => (failure === null ? [] : [[path, failure] as const]))),
    };
  }

  /** Ends the connection; calls that are under way fail. */
  async close(): Promise<void> {
    this.#uplink.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #listOne(id: string, options: ListOptions & { readonly depth: number | null }) {
    const anchor = this.walk([id]);
    const found = { path: anchor.path, entries: [] as readonly Entry[], failure: null };
    if (options.depth === 0) return found;
    try {
      return { ...found, entries: await anchor.list(options) };
    } catch (cause) {
      // What the caller ended is his own doing, and no fault of the server.
      if (!(cause instanceof CircuitError) || options.signal?.aborted === true) throw cause;
      return { ...found, failure: cause };
    }
  }

  /** The server at the other end. */
  async #home(options?: CallOptions): Promise<Place> {
    return new Place(this.#uplink, (await this.server(options)).id, []);
  }
}

function readAddress(text: string): Address {
  const address = parseAddress(text);
  if (!address.ok) throw new CircuitError("invalid", address.failure);
  return address.value;
}
