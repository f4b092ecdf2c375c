/** How a mesh reaches other servers, as a port: links, keys and the words of `hello` are somebody else's. */
import type { Member } from "../../core/circuit/member.js";
import type { Millis } from "../../core/ports.js";
import { fail, succeed, type Result } from "../../core/result.js";
import { formatAddress, parseAddress, type Address } from "../../wire/circuit/address.js";
import type { Conversation } from "../../circuit/conversation.js";

export interface DialOptions {
  /** Who says hello. */
  readonly self: Member;
  /** For the link and the answer to hello together. */
  readonly timeout: Millis;
  readonly signal: AbortSignal;
}

/** Somebody who answered hello. */
export interface Reached {
  readonly conversation: Conversation;
  readonly member: Member;
}

/**
 * Opens a link, says hello as a server and checks the answer: whether it is the program that the address names, if any, and speaks
 * this version. @throws Error that says why it did not come about
 */
export type DialServer = (address: Address, options: DialOptions) => Promise<Reached>;

/** Dials whoever is at an address, whichever program it names. Never rejects. */
export async function dialPlace(dial: DialServer, address: string, options: DialOptions): Promise<Result<Reached, string>> {
  const parsed = parseAddress(address);
  return parsed.ok ? attempt(() => dial({ ...parsed.value, process: null }, options)) : parsed;
}

/** Dials, and takes what is thrown as the reason of a failure. */
export async function attempt(dial: () => Promise<Reached>): Promise<Result<Reached, string>> {
  try {
    return succeed(await dial());
  } catch (cause) {
    return fail(cause instanceof Error ? cause.message : String(cause));
  }
}

/** The host and port of an address, without the program; null where it is none. @example `circuit://10.0.0.1:11022` */
export function placeOf(address: string): string | null {
  const parsed = parseAddress(address);
  return parsed.ok ? formatAddress({ ...parsed.value, process: null }) : null;
}
