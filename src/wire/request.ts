/**
 * A request, from the frames of an unknown sender to a value of the contract. Whatever arrives, something comes
 * of it that can be answered: where Circus stays silent the client is told what was wrong.
 */
import { decodeJson, isObject, quote } from "./codec.js";
import { ERRNO, type CommandName, type Errno, type Request } from "./contract.js";
import { decodeProperties, isCommandName } from "./properties.js";

/** Why a request is not carried out: what becomes an error reply. */
export interface Refusal {
  readonly reason: string;
  readonly errno: Errno;
  readonly id: unknown;
}

/** A request for a command that the contract does not know; a module of the daemon may. */
export interface ForeignRequest {
  /** In lower case. */
  readonly command: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly id: unknown;
  readonly cast: boolean;
}

export type Decoded =
  | { readonly kind: "request"; readonly request: Request }
  /** `reply` is the refusal for a daemon that does not know it either. */
  | { readonly kind: "foreign"; readonly request: ForeignRequest; readonly reply: Refusal; readonly cast: boolean }
  | { readonly kind: "refused"; readonly reply: Refusal; readonly cast: boolean };

/**
 * Reads one request; the frames are without the peer's identity and delimiter. Never throws.
 * @example `decodeRequest([bytes('{"command": "list", "id": "1"}')])`
 */
export function decodeRequest(frames: readonly Uint8Array[]): Decoded {
  const [frame, ...others] = frames;
  if (frame === undefined || others.length > 0) {
    return refused({ reason: `message invalid: 1 frame expected, ${frames.length} received`, errno: ERRNO.message, id: null }, false);
  }
  const json = decodeJson(frame);
  if (!json.ok) return refused({ reason: json.failure, errno: ERRNO.invalidJson, id: null }, false);
  if (!isObject(json.value)) {
    return refused({ reason: 'message invalid: an object such as {"command": "list"} expected', errno: ERRNO.message, id: null }, false);
  }
  return decodeMessage(json.value);
}

function decodeMessage(message: Readonly<Record<string, unknown>>): Decoded {
  const id = own(message, "id") ?? null;
  const cast = own(message, "msg_type") === "cast";
  const given = own(message, "command");
  if (given === undefined) return refused({ reason: "message invalid 'command' is missing", errno: ERRNO.message, id }, cast);
  if (typeof given !== "string") return refused({ reason: "'command' isn't a string", errno: ERRNO.message, id }, cast);
  const command = given.toLowerCase();
  if (!isCommandName(command)) {
    const reply: Refusal = { reason: `unknown command: ${quote(given)}`, errno: ERRNO.unknownCommand, id };
    const foreign = own(message, "properties") ?? {};
    return isObject(foreign) ? { kind: "foreign", request: { command, properties: foreign, id, cast }, reply, cast } : refused(reply, cast);
  }
  const properties = decodeProperties(command, own(message, "properties"));
  if (!properties.ok) return refused({ reason: properties.failure, errno: ERRNO.message, id }, cast);
  return { kind: "request", request: makeRequest(command, properties.value, { id, cast }) };
}

/** The compiler cannot see that a command and its own properties make one member of the union. */
function makeRequest<C extends CommandName>(
  command: C,
  properties: Extract<Request, { command: C }>["properties"],
  rest: { readonly id: unknown; readonly cast: boolean },
): Request {
  return { command, properties, ...rest } as Extract<Request, { command: C }>;
}

function refused(reply: Refusal, cast: boolean): Decoded {
  return { kind: "refused", reply, cast };
}

/** Reads a key that the sender wrote, never one of the prototype. */
function own(message: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(message, key) ? message[key] : undefined;
}
