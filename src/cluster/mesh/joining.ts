/** Two circuits become one: one server asks another for its members, and each side tells its own of the other's. */
import type { Member } from "../../core/circuit/member.js";
import type { Millis } from "../../core/ports.js";
import { fail, succeed, type Result } from "../../core/result.js";
import { parseAddress } from "../../wire/circuit/address.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import { attempt, type DialServer, type Reached } from "./dial.js";
import type { Peer } from "./peer.js";
import type { Peers } from "./peers.js";

export interface JoiningParts {
  readonly peers: Peers;
  readonly dial: DialServer;
  readonly self: () => Member;
  /** Tells these of those; nothing is waited for. */
  readonly announce: (members: readonly Member[], to: readonly Peer[]) => void;
}

const DIAL_TIMEOUT: Millis = 5000;
/** The other dials back before it answers. */
const ANSWER_TIMEOUT: Millis = 8000;

/** Never rejects; the failure says what was attempted and why it did not come about. */
export async function join(address: string, signal: AbortSignal, parts: JoiningParts): Promise<Result<Member, string>> {
  const parsed = parseAddress(address);
  if (!parsed.ok) return parsed;
  const options = { self: parts.self(), timeout: DIAL_TIMEOUT, signal };
  const reached = await attempt(() => parts.dial(parsed.value, options));
  if (!reached.ok) return fail(`Cannot join "${address}": ${reached.failure}`);
  const { member, conversation } = reached.value;
  if (member.worker === parts.self().worker) {
    conversation.close("it leads to this server itself");
    return succeed(member);
  }
  try {
    const { members } = await conversation.ask("mesh.join", { member: parts.self() }, { deadline: ANSWER_TIMEOUT, signal });
    if (signal.aborted) throw new CircuitError("cancelled", "it was cancelled");
    await merge(reached.value, members, parts);
    return succeed(member);
  } catch (cause) {
    conversation.close("it was not joined");
    return fail(`Cannot join "${address}": ${reasonOf(cause, member)}`);
  }
}

async function merge(reached: Reached, members: readonly Member[], { peers, announce }: JoiningParts): Promise<void> {
  const own = peers.standing();
  const mine = new Set(own.map((peer) => peer.member.worker));
  peers.accept(reached);
  const news = [reached.member, ...members].filter(({ worker }) => !mine.has(worker));
  if (news.length > 0) announce(news, own);
  await Promise.all(members.map((member) => peers.heard(member)));
}

function reasonOf(cause: unknown, { name }: Member): string {
  if (cause instanceof CircuitError && cause.code === "unknown-method") {
    return `server "${name}" has another engine; set the same engine in [cluster] on both`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
