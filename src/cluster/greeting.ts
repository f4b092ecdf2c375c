/** What two programs tell each other first: `hello`, said by the one that dialled and answered by the one that listens. */
import type { Member } from "../core/circuit/member.js";
import type { Clock } from "../core/ports.js";
import { dialConversation } from "../circuit/hello.js";
import type { IncomingCall } from "../circuit/conversation.js";
import { parseAddress } from "../wire/circuit/address.js";
import { CIRCUIT_VERSION, type MethodResult, type ReadParams } from "../wire/circuit/contract.js";
import { CircuitError } from "../wire/circuit/errors.js";
import type { LinkOptions, Links } from "../wire/circuit/link.js";
import type { DialServer } from "./mesh/dial.js";

export interface DialParts {
  readonly links: Links;
  /** As they are now: keys may change. */
  readonly linkOptions: () => LinkOptions;
  readonly clock: Clock;
  /** Answers what the other server asks over the link that this one dialled. */
  readonly onCall: (call: IncomingCall) => void;
  readonly limit: number;
}

/** Makes what dials another server and says hello to it as one. */
export function makeDial({ linkOptions, ...parts }: DialParts): DialServer {
  return (address, { self, timeout, signal }) =>
    dialConversation({ ...parts, ...linkOptions(), address, role: "server", member: self, timeout, signal });
}

/** Answers hello. @throws CircuitError `refused` for another version, and where another program was meant */
export function answerHello(self: Member, { version, expects, role, member }: ReadParams<"hello">): MethodResult<"hello"> {
  if (version !== CIRCUIT_VERSION) throw versionRefusal(self.name, version);
  if (role === "server" && member === null)
    throw new CircuitError("invalid", 'The parameter "member" of "hello" is missing: a server tells who it is');
  const parsed = parseAddress(self.address);
  const pid = parsed.ok ? (parsed.value.process?.pid ?? null) : null;
  if (expects !== null && (expects.worker !== self.worker || (pid !== null && expects.pid !== pid))) {
    const meant = `${expects.pid}/${expects.worker}`;
    throw new CircuitError("refused", `The server ${meant} is not here any more; this one is ${self.address}`);
  }
  return { version: CIRCUIT_VERSION, member: self };
}

function versionRefusal(name: string, version: number): CircuitError {
  const versions = `version ${CIRCUIT_VERSION} of the protocol, the program that dialled it version ${version}`;
  return new CircuitError("refused", `Server "${name}" speaks ${versions}; use the same release on both sides`);
}
