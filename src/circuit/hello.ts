/** How a program introduces itself on a link that it has dialled: who it is, and whom it means to meet. */
import type { Member } from "../core/circuit/member.js";
import type { Millis } from "../core/ports.js";
import { endpointOf, formatAddress, parseAddress, type Address } from "../wire/circuit/address.js";
import { CIRCUIT_VERSION } from "../wire/circuit/contract.js";
import { CircuitError, type ErrorCode } from "../wire/circuit/errors.js";
import { DialError, type LinkOptions, type Links } from "../wire/circuit/link.js";
import { converse, type ConverseOptions } from "./converse.js";
import type { Conversation } from "./conversation.js";

export interface HelloOptions {
  readonly role: "server" | "client";
  /** Who says hello; null for a client. */
  readonly member: Member | null;
  /** The program that the address names; null takes whoever answers. */
  readonly expects: Address["process"];
  readonly timeout: Millis;
  readonly signal?: AbortSignal;
}

/**
 * Says hello and reads the answer. @returns the server at the other end
 * @throws CircuitError `refused` where it speaks another version, or is another program than the one that is meant
 */
export async function sayHello(conversation: Conversation, { role, member, expects, timeout, signal }: HelloOptions): Promise<Member> {
  const params = { version: CIRCUIT_VERSION, role, member, expects };
  const answer = await conversation.ask("hello", params, { deadline: timeout, ...(signal === undefined ? {} : { signal }) });
  if (answer.version !== CIRCUIT_VERSION) {
    const versions = `version ${answer.version} of the protocol, this program version ${CIRCUIT_VERSION}`;
    throw new CircuitError("refused", `Server "${answer.member.name}" speaks ${versions}; use the same release on both sides`);
  }
  if (expects !== null && !isThere(expects, answer.member)) {
    throw new CircuitError(
      "refused",
      `Server "${nameOf(expects)}" is not there any more; now it is "${answer.member.address}" that listens`,
    );
  }
  return answer.member;
}

export interface DialConversationOptions extends Omit<HelloOptions, "expects">, ConverseOptions, Pick<LinkOptions, "keys"> {
  readonly links: Links;
  readonly address: Address;
  /** Milliseconds for the link and hello together. */
  readonly timeout: Millis;
  /** Milliseconds without a sign of life after which the link is given up. @default 5 s */
  readonly silence?: Millis;
}

/**
 * Dials a server and says hello to it.
 * @throws CircuitError that names the address: `lost` where nobody answers, `refused` for a wrong key, version or program,
 * `deadline`, `cancelled`
 * @example
 * ```ts
 * const { conversation, member } = await dialConversation({ links, clock, address, keys: [], role: "client", member: null, timeout: 5000, onCall });
 * ```
 */
export async function dialConversation(options: DialConversationOptions): Promise<{ conversation: Conversation; member: Member }> {
  const { links, address, keys, silence = 5000, timeout, clock } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const due = clock.now() + timeout;
  let conversation: Conversation | null = null;
  try {
    conversation = converse(await links.dial(endpointOf(address), { keys, silence, timeout, ...signal }), options);
    const left = Math.max(0, due - clock.now());
    const member = await sayHello(conversation, { ...options, expects: address.process, timeout: left });
    return { conversation, member };
  } catch (cause) {
    conversation?.close("hello was not answered as it should be");
    throw explained(cause, address);
  }
}

function explained(cause: unknown, address: Address): CircuitError {
  const [code, message] = told(cause);
  const isNamed = message.includes(endpointOf(address));
  return new CircuitError(code, isNamed ? message : `Cannot connect to "${formatAddress(address)}": ${message}`, { cause });
}

function told(cause: unknown): readonly [ErrorCode, string] {
  if (cause instanceof CircuitError) return [cause.code, cause.message];
  if (cause instanceof DialError) return [CODES[cause.kind], cause.message];
  return ["internal", String(cause)];
}

const CODES: Readonly<Record<DialError["kind"], ErrorCode>> = {
  unreachable: "lost",
  "refused-key": "refused",
  timeout: "deadline",
  cancelled: "cancelled",
};

function isThere({ pid, worker }: NonNullable<Address["process"]>, member: Member): boolean {
  const address = parseAddress(member.address);
  // A server that was told to advertise HOST:PORT alone is known by its worker's name, which no other has.
  const itsPid = address.ok ? (address.value.process?.pid ?? pid) : pid;
  return member.worker === worker && itsPid === pid;
}

function nameOf({ pid, worker }: NonNullable<Address["process"]>): string {
  return `${pid}/${worker}`;
}
