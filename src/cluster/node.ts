/**
 * A server of a circuit: listens, lets others in, serves what they ask of it, and hands on what they ask of other servers.
 */
import type { LocalCircus } from "../core/circuit/circus-port.js";
import type { LookAtHost, Profiler } from "../core/circuit/host-port.js";
import type { Member } from "../core/circuit/member.js";
import type { Engine } from "../core/circuit/spec.js";
import type { Clock, Log } from "../core/ports.js";
import type { IncomingCall } from "../circuit/conversation.js";
import { CircuitError } from "../wire/circuit/errors.js";
import type { ClusterKey, Link, LinkOptions, Links } from "../wire/circuit/link.js";
import { makeDispatch } from "./dispatch.js";
import { Door, USUAL_LIMITS, type Limits } from "./door.js";
import type { Handler } from "./elements/element.js";
import { makeServer } from "./elements/server.js";
import { Visits } from "./elements/visit.js";
import { mountWatchers } from "./elements/watcher.js";
import { answerHello, makeDial } from "./greeting.js";
import { makeHandlers, type Makers } from "./handlers.js";
import type { Membership } from "./membership.js";
import type { DialServer } from "./mesh/dial.js";
import { makeRoute } from "./route.js";
import { Tree } from "./tree.js";

export interface NodeOptions {
  readonly links: Links;
  /** `tcp://HOST:PORT` to listen on; port 0 takes a free one. */
  readonly endpoint: string;
  readonly linkOptions: LinkOptions;
  /** What this server tells the others of itself, once it is known which endpoint was bound. */
  readonly describe: (endpoint: string) => Member;
  readonly engine: Engine;
  /** Begins to take part in the circuit. */
  readonly membership: (self: Member, dial: DialServer) => Membership | Promise<Membership>;
  readonly makers: Makers;
  /** The circusd with watchers behind this server, if there is one. */
  readonly circus: LocalCircus | null;
  readonly lookAtHost: LookAtHost;
  readonly profiler: Profiler;
  readonly clock: Clock;
  readonly log: Log;
  /** Somebody wants this server to end; its answer is on its way then. */
  readonly onSuicide: (peer: string) => void;
  readonly limits?: Limits;
}

export interface Node {
  /** The endpoint that was bound. */
  readonly endpoint: string;
  readonly membership: Membership;
  readonly tree: Tree;
  /** As the others are told at present. */
  self(): Member;
  /** New links use these keys; what stands goes on. */
  rekey(keys: readonly ClusterKey[]): Promise<void>;
  /**
   * Says good-bye to everybody, takes all elements away and ends all connections. Never rejects.
   * @param kill end the processes of elements, with their trees
   */
  leave(kill: boolean): Promise<void>;
}

/**
 * Starts a server.
 * @throws Error where the endpoint cannot be bound, or the membership does not come about
 */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { links, clock, log } = options;
  // Who connects before all of it stands is let in then.
  const early: Link[] = [];
  let accepted = (link: Link): void => void early.push(link);
  const listener = await links.listen(options.endpoint, options.linkOptions, {
    accepted: (link) => accepted(link),
    refused: (message) => log.warning(message),
  });
  try {
    let keys = options.linkOptions.keys;
    const inside = await furnish(options, { endpoint: listener.endpoint, linkOptions: () => ({ ...options.linkOptions, keys }) });
    accepted = (link) => inside.door.enter(link);
    for (const link of early.splice(0)) accepted(link);
    let left: Promise<void> | null = null;
    return {
      endpoint: listener.endpoint,
      membership: inside.membership,
      tree: inside.tree,
      self: inside.self,
      async rekey(changed) {
        await listener.rekey(changed);
        keys = changed;
      },
      leave: (kill) => (left ??= leave(inside, { kill, clock, log, close: () => listener.close() })),
    };
  } catch (cause) {
    for (const link of early) link.close("the server cannot start");
    await listener.close();
    throw cause;
  }
}

interface Inside {
  readonly membership: Membership;
  readonly tree: Tree;
  readonly door: Door;
  readonly visits: Visits;
  readonly self: () => Member;
}

interface Place {
  readonly endpoint: string;
  readonly linkOptions: () => LinkOptions;
}

async function furnish(options: NodeOptions, { endpoint, linkOptions }: Place): Promise<Inside> {
  const { links, clock, log, circus, limits = USUAL_LIMITS } = options;
  const first = options.describe(endpoint);
  let serve = async (call: IncomingCall): Promise<void> => call.fail("unavailable", "The server is just starting; try again");
  const onCall = (call: IncomingCall): void => void serve(call);
  const membership = await options.membership(first, makeDial({ links, linkOptions, clock, onCall, limit: limits.calls }));
  const self = (): Member => membership.members().find(({ member }) => member.id === first.id)?.member ?? first;
  const tree: Tree = new Tree({
    server: first.id,
    root: makeServer({ ...options, self, count: () => ({ elements: tree.size, members: membership.members().length }) }),
    mounts: circus === null ? [] : [mountWatchers(circus)],
    newId: () => crypto.randomUUID(),
  });
  const visits = new Visits();
  const door = new Door({ clock, log, limits, serve: (call) => serve(call) });
  const hello = greeter({ self, membership, door });
  const handlers = makeHandlers({ ...options, hello, tree, membership, visits });
  const dispatch = makeDispatch({ handlers, engine: (call) => membership.handle(call), log });
  serve = makeRoute({ self: first.id, membership, roleOf: (conversation) => door.roleOf(conversation), here: dispatch });
  return { membership, tree, door, visits, self };
}

function greeter({ self, membership, door }: Pick<Inside, "self" | "membership" | "door">): Handler<"hello"> {
  return async ({ conversation }, hello) => {
    if (door.roleOf(conversation) !== null) throw new CircuitError("invalid", '"hello" was said already');
    const answer = answerHello(self(), hello);
    door.welcome(conversation, hello.role);
    if (hello.role === "server" && hello.member !== null) membership.met(hello.member);
    return answer;
  };
}

interface Leaving {
  readonly kill: boolean;
  readonly clock: Pick<Clock, "yield">;
  readonly log: Log;
  readonly close: () => Promise<void>;
}

/** Whatever goes wrong on the way, the rest is done too. */
async function leave({ membership, tree, door, visits }: Inside, { kill, clock, log, close }: Leaving): Promise<void> {
  const steps: Readonly<Record<string, () => void | Promise<void>>> = {
    "say good-bye": () => membership.leave(),
    "take the elements away": () => tree.clear(kill),
    "end the calls": () => visits.stop(new CircuitError("lost", "The server has left the circuit")),
    "let the last answers out": () => clock.yield(),
    "end the connections": () => door.close("the server has left the circuit"),
    "stop listening": close,
  };
  for (const [what, step] of Object.entries(steps)) {
    try {
      await step();
    } catch (cause) {
      log.error(`Cannot ${what} when leaving the circuit: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
}
