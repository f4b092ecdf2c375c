/** How a server joins by the circuit address of another: it asks that one where its agent is, and lets its own join it. */
import type { Member } from "../../core/circuit/member.js";
import type { Millis } from "../../core/ports.js";
import { fail, succeed, type Result } from "../../core/result.js";
import { parseAddress } from "../../wire/circuit/address.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Conversation } from "../../circuit/conversation.js";
import { attempt, type DialServer } from "../mesh/dial.js";
import type { AgentConnection } from "./agent-connection.js";

export interface JoiningParts {
  readonly dial: DialServer;
  readonly self: () => Member;
  readonly accept: (member: Member, conversation: Conversation) => void;
  /** The agent of this server; null where there is none in time. */
  readonly agent: () => Promise<AgentConnection | null>;
  /** The agents have met. */
  readonly joined: (connection: AgentConnection) => Promise<void>;
}

const DIAL_TIMEOUT: Millis = 5000;
/** The other may wait for its agent to start. */
const ANSWER_TIMEOUT: Millis = 8000;

/** Never rejects; the failure says what was attempted and why it did not come about. */
export async function join(address: string, signal: AbortSignal, parts: JoiningParts): Promise<Result<Member, string>> {
  const parsed = parseAddress(address);
  if (!parsed.ok) return parsed;
  const { dial, self } = parts;
  const reached = await attempt(() => dial(parsed.value, { self: self(), timeout: DIAL_TIMEOUT, signal }));
  if (!reached.ok) return fail(`Cannot join "${address}": ${reached.failure}`);
  const { member, conversation } = reached.value;
  if (member.worker === self().worker) {
    conversation.close("it leads to this server itself");
    return succeed(member);
  }
  try {
    const { address: place } = await conversation.ask("serf.address", {}, { deadline: ANSWER_TIMEOUT, signal });
    const agent = await parts.agent();
    if (agent === null) throw new Error("the serf agent of this server does not run; the log tells more");
    if ((await agent.join([place])) === 0) throw new Error(`its serf agent at "${place}" does not answer`);
    await parts.joined(agent);
    parts.accept(member, conversation);
    return succeed(member);
  } catch (cause) {
    conversation.close("it was not joined");
    return fail(`Cannot join "${address}": ${reasonOf(cause, member)}`);
  }
}

function reasonOf(cause: unknown, { name }: Member): string {
  if (cause instanceof CircuitError && cause.code === "unknown-method") {
    return `server "${name}" has another engine; set the same engine in [cluster] on both`;
  }
  return cause instanceof Error ? cause.message : String(cause);
}
