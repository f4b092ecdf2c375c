/** Who is in the circuit, as a port with two engines: `mesh/` and `serf/`. */
import type { Departure, Member, MemberState, ServerId } from "../core/circuit/member.js";
import type { Result } from "../core/result.js";
import type { Conversation, IncomingCall } from "../circuit/conversation.js";

/** A member as this server sees it. */
export interface Seen {
  readonly member: Member;
  readonly state: MemberState;
  /** Seconds since the epoch at which this server saw it come. */
  readonly joined: number;
}

export interface MembershipListener {
  joined(member: Member): void;
  left(member: Member, reason: Departure): void;
  /** Its name, labels or state have changed. */
  updated(member: Member): void;
}

export interface Membership {
  /** This server among them; in the order of their ids. */
  members(): readonly Seen[];
  /** Those that were lost and are still looked for. */
  lost(): readonly Member[];
  /** Told of every change from now on, in the order of events; the list is changed before. @returns how to stop it */
  watch(listener: MembershipListener): () => void;
  /** Merges the circuit of that address with this one; the failure says why it did not come about. */
  join(address: string, signal?: AbortSignal): Promise<Result<Member, string>>;
  /** A way to that server; the failure says why there is none. Never waits longer than `timeout` milliseconds. */
  reach(id: ServerId, timeout: number): Promise<Result<Conversation, string>>;
  /** Changes what the others know of this server. */
  update(change: Partial<Pick<Member, "name" | "labels" | "circusd" | "address">>): void;
  /** Told by whoever answers `hello`: a server has said so on a link that it dialled. Returns at once. */
  met(member: Member): void;
  /** Answers the methods that belong to the engine (`mesh.*`, `serf.*`); false where it is none of them. */
  handle(incoming: IncomingCall): boolean;
  /** Says good-bye to everybody and ends. */
  leave(): Promise<void>;
}
