/** What a server does for each method of the contract. */
import type { LocalCircus } from "../core/circuit/circus-port.js";
import type { Clock } from "../core/ports.js";
import type { IncomingCall } from "../circuit/conversation.js";
import { parseAddress } from "../wire/circuit/address.js";
import type { Command, ContainerRun, ReadParams } from "../wire/circuit/contract.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { makeChannel } from "./elements/channel.js";
import type { Anchorage, Element, ElementMethod, Handler, MakeElement } from "./elements/element.js";
import { makeSubscription } from "./elements/subscription.js";
import type { Visits } from "./elements/visit.js";
import { watchCircus, watchMembers } from "./feeds.js";
import type { Handlers } from "./dispatch.js";
import type { Membership } from "./membership.js";
import type { Tree } from "./tree.js";

/** How elements come about that need more than the circuit itself. @throws CircuitError; nothing is left then */
export interface Makers {
  process(command: Command, id: string, anchorage: Anchorage): Promise<Element & { readonly pid: number }>;
  /** `signal` is aborted when nobody waits for it any more: fetching an image may take long. */
  container(run: ContainerRun, id: string, berth: Anchorage & { readonly signal: AbortSignal }): Promise<Element>;
  /** `address` as it is asked for on the way in, and as it was bound on the way out. */
  nameserver(address: string, id: string, anchorage: Anchorage): Promise<Element & { readonly address: string }>;
}

export interface HandlersParts {
  readonly hello: Handler<"hello">;
  readonly tree: Tree;
  readonly membership: Membership;
  readonly makers: Makers;
  /** Null where no circusd with watchers stands behind the server. */
  readonly circus: LocalCircus | null;
  readonly clock: Clock;
  /** Calls that the server itself is busy with. */
  readonly visits: Visits;
}

export function makeHandlers(parts: HandlersParts): Handlers {
  return {
    hello: parts.hello,
    ...ofCircuit(parts),
    ...ofAnchors(parts),
    ...ofMaking(parts),
    ...ofElements(parts.tree),
    ...ofCircus(parts),
  };
}

function ofCircuit({ membership, visits }: HandlersParts): Pick<Handlers, "ping" | "members" | "members.watch" | "join"> {
  return {
    ping: async () => ({}),
    async members() {
      const members = membership.members().map(({ member, state, joined }) => ({ ...member, state, joined }));
      return { members, lost: [...membership.lost()] };
    },
    "members.watch": (call) => visits.run(call, (visit) => watchMembers(visit, membership)),
    join: (call, { address }) =>
      visits.run(call, async (visit) => {
        const parsed = parseAddress(address);
        if (!parsed.ok) throw new CircuitError("invalid", parsed.failure);
        const joined = await visit.until(membership.join(address, call.signal));
        if (!joined.ok) throw new CircuitError("unavailable", joined.failure);
        return { member: joined.value };
      }),
  };
}

function ofAnchors({ tree }: HandlersParts): Pick<Handlers, "list" | "peek" | "scrub"> {
  return {
    list: async (_call, { path, depth }) => ({ entries: await tree.list(path, depth) }),
    async peek(_call, { path, element: id }) {
      const held = id === undefined ? await tree.peek(path) : await tree.find(path, id);
      if (held === null) return { kind: null, element: null, stat: null };
      return { kind: held.kind, element: held.id, stat: await held.stat() };
    },
    scrub: async (_call, { path, element, kill }) => ({ existed: await tree.scrub(path, { element, kill }) }),
  };
}

type Making = "make.process" | "make.container" | "make.channel" | "make.nameserver" | "make.subscription";

function ofMaking({ tree, makers, membership, clock }: HandlersParts): Pick<Handlers, Making> {
  const make = async <E extends Element>(call: IncomingCall, path: readonly string[], by: MakeElement<E>): Promise<E> => {
    const element = await tree.make(path, by);
    // Who has gone, or was told that it took too long, takes it for not made.
    if (call.signal.aborted) await tree.scrub(path, { element: element.id, kill: true }).catch(() => false);
    return element;
  };
  return {
    async "make.process"(call, { path, command }) {
      const { id, pid } = await make(call, path, (given, anchorage) => makers.process(command, given, anchorage));
      return { element: id, pid };
    },
    async "make.container"(call, { path, run }) {
      return made(
        await make(call, path, (id, anchorage) => makers.container(run, id, { leave: () => anchorage.leave(), signal: call.signal })),
      );
    },
    async "make.channel"(call, { path, capacity }) {
      return made(await make(call, path, async (id) => makeChannel({ id, capacity, clock })));
    },
    async "make.nameserver"(call, { path, address: wanted }) {
      const { id, address } = await make(call, path, (given, anchorage) => makers.nameserver(wanted, given, anchorage));
      return { element: id, address };
    },
    async "make.subscription"(call, { path, event }) {
      return made(await make(call, path, async (id) => makeSubscription({ id, event, membership })));
    },
  };
}

function made({ id }: Element): { element: string } {
  return { element: id };
}

function ofElements(tree: Tree): Pick<Handlers, ElementMethod> {
  return {
    wait: at(tree, "wait"),
    signal: at(tree, "signal"),
    stdin: at(tree, "stdin"),
    output: at(tree, "output"),
    send: at(tree, "send"),
    recv: at(tree, "recv"),
    "send.many": at(tree, "send.many"),
    "recv.many": at(tree, "recv.many"),
    close: at(tree, "close"),
    set: at(tree, "set"),
    unset: at(tree, "unset"),
    profile: async (call, params) => carryOut(await tree.find([], undefined), "profile", tree.show([]))(call, params),
    suicide: async (call, params) => carryOut(await tree.find([], undefined), "suicide", tree.show([]))(call, params),
  };
}

type AnchoredMethod = Exclude<ElementMethod, "profile" | "suicide">;

/** Hands a call to the element that stands at its path. */
function at<M extends AnchoredMethod>(tree: Tree, method: M): Handler<M> {
  return async (call, params) => {
    const { path, element: id }: Pick<ReadParams<AnchoredMethod>, "path" | "element"> = params;
    return carryOut(await tree.find(path, id), method, tree.show(path))(call, params);
  };
}

/** What kinds of elements each method is for, as the refusal says it. */
const FOR: Readonly<Record<ElementMethod, string>> = {
  wait: "processes and containers",
  signal: "processes and containers",
  stdin: "processes and containers",
  output: "processes and containers",
  send: "channels",
  recv: "channels and subscriptions",
  "send.many": "channels",
  "recv.many": "channels and subscriptions",
  close: "channels",
  set: "name servers",
  unset: "name servers",
  profile: "servers",
  suicide: "servers",
};

function carryOut<M extends ElementMethod>({ kind, handlers }: Element, method: M, place: string): Handler<M> {
  const handler: Handler<M> | undefined = handlers[method];
  if (handler === undefined) throw new CircuitError("wrong-element", `${place} is a ${kind}; "${method}" is for ${FOR[method]}`);
  return handler;
}

function ofCircus({ circus, visits }: HandlersParts): Pick<Handlers, "circus" | "circus.events"> {
  const behind = (): LocalCircus => {
    if (circus !== null) return circus;
    throw new CircuitError("unavailable", "No circusd with watchers stands behind this server");
  };
  return {
    circus: (call, { command, properties, timeout }) =>
      visits.run(call, async (visit) => {
        const reply = await visit.until(behind().command(command, properties, timeout ?? null)).catch((cause: unknown) => {
          throw cause instanceof CircuitError
            ? cause
            : new CircuitError("unavailable", cause instanceof Error ? cause.message : String(cause));
        });
        return { reply: { ...reply } };
      }),
    "circus.events": (call, { topics }) => visits.run(call, (visit) => watchCircus(visit, behind(), topics)),
  };
}
