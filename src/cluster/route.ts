/** Decides where a call is carried out: here, or on the server that it names. */
import type { Millis } from "../core/ports.js";
import type { Conversation, IncomingCall } from "../circuit/conversation.js";
import { CircuitError } from "../wire/circuit/errors.js";
import type { Role } from "./door.js";
import type { Membership } from "./membership.js";

export interface RouteOptions {
  /** The id of this server. */
  readonly self: string;
  readonly membership: Pick<Membership, "members" | "lost" | "reach">;
  /** Of those that connected; undefined for servers that this one has dialled. */
  readonly roleOf: (conversation: Conversation) => Role | null | undefined;
  /** Carries a call out here. */
  readonly here: (call: IncomingCall) => Promise<void>;
}

/** For a way to a server that is known and not connected at present. */
const REACH_TIMEOUT: Millis = 5000;

/** @returns what is called for each call; it resolves when the call was answered or handed on, and never rejects */
export function makeRoute(options: RouteOptions): (call: IncomingCall) => Promise<void> {
  const { self, roleOf, here } = options;
  return async (call) => {
    try {
      const isClient = roleOf(call.conversation) === "client";
      if (call.method === "hello") return await here(call);
      if (call.to === null || call.to === self) {
        if (isClient && /^(mesh|serf)\./.test(call.method)) throw new CircuitError("refused", `"${call.method}" is between servers`);
        return await here(call);
      }
      // Servers reach each other directly: a call that came from one was meant for this one, or for one of its past.
      if (!isClient) throw new CircuitError("no-such-server", `Server "${call.to}" is not here; this is "${self}"`);
      await handOn(call, call.to, options);
    } catch (cause) {
      if (cause instanceof CircuitError) call.fail(cause.code, cause.message);
      else call.fail("internal", `internal: cannot hand "${call.method}" on: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  };
}

async function handOn(call: IncomingCall, to: string, { membership }: RouteOptions): Promise<void> {
  const known = membership.members().some(({ member }) => member.id === to);
  const lost = membership.lost().find(({ id }) => id === to);
  if (lost !== undefined) throw new CircuitError("lost", `Server "${lost.name}" (${to}) was lost; it is looked for`);
  if (!known)
    throw new CircuitError("no-such-server", `There is no server "${to.slice(0, 100)}" in this circuit; "circuit ls /" lists them`);
  const way = await membership.reach(to, REACH_TIMEOUT);
  if (call.signal.aborted) return;
  if (!way.ok) throw new CircuitError("lost", way.failure);
  way.value.relay(call);
}
