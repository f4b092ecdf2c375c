/** Takes an incoming call to its handler: parameters are checked before, and whatever goes wrong becomes an answer. */
import type { IncomingCall } from "../circuit/conversation.js";
import type { Log } from "../core/ports.js";
import { isMethod, type MethodName } from "../wire/circuit/contract.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { readParams } from "../wire/circuit/params.js";
import type { Handler } from "./elements/element.js";

/** Methods that belong to the engine of the membership, which answers them itself. */
export type EngineMethod = Extract<MethodName, `mesh.${string}` | `serf.${string}`>;

/** Every method of the contract with what carries it out; one that is missing does not compile. */
export type Handlers = { readonly [M in Exclude<MethodName, EngineMethod>]: Handler<M> };

export interface DispatchOptions {
  readonly handlers: Handlers;
  /** Answers a method of the engine; false where it has none of that name. */
  readonly engine: (call: IncomingCall) => boolean;
  readonly log: Log;
}

/** What changes something is told in the log, with who did it. */
const LOGGED: ReadonlySet<MethodName> = new Set<MethodName>([
  ...(["make.process", "make.container", "make.channel", "make.nameserver", "make.subscription"] as const),
  ...(["scrub", "signal", "close", "set", "unset", "join", "suicide"] as const),
]);

/**
 * Carries out calls, each by itself. It never throws and never rejects: a fault of ours ends one call, and is logged once.
 * @returns what is called for each; it resolves when the call has been answered
 */
export function makeDispatch({ handlers, engine, log }: DispatchOptions): (call: IncomingCall) => Promise<void> {
  const handle = async (call: IncomingCall): Promise<void> => {
    const { method } = call;
    if (!isMethod(method)) throw unknownMethod(method);
    if (!isHandled(method, handlers)) {
      if (!engine(call)) throw unknownMethod(method);
      return;
    }
    call.reply(await carryOut(handlers, method, call));
    if (LOGGED.has(method)) log.info(`${call.conversation.peer}: ${method} ${placeIn(call.params)}`.trimEnd());
  };
  return async (call) => {
    try {
      await handle(call);
    } catch (cause) {
      if (cause instanceof CircuitError) return call.fail(cause.code, cause.message);
      // Who has gone away needs no answer, and what its going broke is no fault of ours.
      if (call.signal.aborted) return;
      log.error(`internal: cannot carry out "${call.method}" for ${call.conversation.peer}: ${describe(cause)}`);
      call.fail("internal", `internal: "${call.method}" failed by a fault of the server; its log tells more`);
    }
  };
}

async function carryOut<M extends keyof Handlers>(handlers: Pick<Handlers, M>, method: M, call: IncomingCall): Promise<unknown> {
  const params = readParams(method, call.params);
  if (!params.ok) throw new CircuitError("invalid", params.failure);
  const handler: Handler<M> = handlers[method];
  return handler(call, params.value);
}

function isHandled(method: MethodName, handlers: Handlers): method is keyof Handlers {
  return Object.hasOwn(handlers, method);
}

/** Where something was done, as far as the parameters tell. */
function placeIn(params: unknown): string {
  if (typeof params !== "object" || params === null) return "";
  if ("path" in params && Array.isArray(params.path)) return JSON.stringify(`/${params.path.join("/")}`);
  return "address" in params && typeof params.address === "string" ? JSON.stringify(params.address) : "";
}

function unknownMethod(method: string): CircuitError {
  return new CircuitError(
    "unknown-method",
    `There is no method "${method.slice(0, 100)}"; is the program that calls newer than this server?`,
  );
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
