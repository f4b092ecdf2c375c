/** Where a client's calls go: a server, a path below it, and perhaps one element there. */
import type { ServerId } from "../core/circuit/member.js";
import { CircuitError } from "../wire/circuit/errors.js";
import type { MethodName, MethodResult, Params } from "../wire/circuit/contract.js";
import { readAs, type Schema } from "../wire/circuit/values.js";
import type { Call, OpenOptions } from "./conversation.js";
import { joinPath } from "./path.js";
import type { Uplink } from "./uplink.js";

export interface CallOptions {
  /** Gives up, and tells the server so. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole call; null waits for ever. @default the client's, null for what waits for others */
  readonly deadline?: number | null;
}

/** A call and what it is for, in words that follow "Cannot". */
export interface Request<M extends MethodName> {
  readonly what: string;
  readonly method: M;
  readonly params: Params<M>;
}

type Stream = Pick<OpenOptions, "body" | "ended">;

export class Place {
  readonly server: ServerId;
  readonly names: readonly string[];
  readonly #uplink: Uplink;

  constructor(uplink: Uplink, server: ServerId, names: readonly string[]) {
    this.#uplink = uplink;
    this.server = server;
    this.names = names;
  }

  /** As it is written: `/X…/a/b`. */
  get path(): string {
    return joinPath([this.server, ...this.names]);
  }

  below(names: readonly string[]): Place {
    return new Place(this.#uplink, this.server, [...this.names, ...names]);
  }

  /** @throws CircuitError that says what was attempted */
  async ask<M extends MethodName>(request: Request<M>, options: CallOptions & Stream = {}): Promise<MethodResult<M>> {
    try {
      const { conversation } = await this.#uplink.reach(options.signal);
      return await conversation.ask(request.method, request.params, this.#directed(options));
    } catch (cause) {
      throw explained(cause, request.what);
    }
  }

  /** Opens a call with streams; its result may fail unheard. @throws CircuitError when there is no server to ask */
  async open<M extends MethodName>(request: Request<M>, options: CallOptions & Stream = {}): Promise<Call<M>> {
    try {
      const { conversation } = await this.#uplink.reach(options.signal);
      const call = conversation.open(request.method, request.params, this.#directed({ ended: false, ...options }));
      call.result.catch(() => undefined);
      return call;
    } catch (cause) {
      throw explained(cause, request.what);
    }
  }

  #directed(options: CallOptions & Stream): OpenOptions {
    return { deadline: this.#uplink.deadline, ...options, to: this.server };
  }
}

/** An element's place: calls are for this element alone, and fail where another has taken its place. */
export class Seat {
  readonly place: Place;
  readonly element: string;

  constructor(place: Place, element: string) {
    this.place = place;
    this.element = element;
  }

  get at(): { path: string[]; element: string } {
    return { path: [...this.place.names], element: this.element };
  }

  /** @param what it is, such as `the process` @returns `the process "/X…/a"` */
  named(what: string): string {
    return `${what} "${this.place.path}"`;
  }

  async peek<T>(what: string, schema: Schema<T>, options?: CallOptions): Promise<T> {
    const request: Request<"peek"> = { what: `look at ${this.named(what)}`, method: "peek", params: this.at };
    const { stat } = await this.place.ask(request, options);
    return understood(stat, schema, request.what);
  }

  async scrub(what: string, { kill = false, ...options }: ScrubOptions = {}): Promise<boolean> {
    const params = { ...this.at, ...(kill ? { kill } : {}) };
    const { existed } = await this.place.ask({ what: `scrub ${this.named(what)}`, method: "scrub", params }, options);
    return existed;
  }
}

export interface ScrubOptions extends CallOptions {
  /** Ends a running process with its whole tree; otherwise it runs on, unmanaged. @default false */
  readonly kill?: boolean;
}

/** @throws CircuitError where the answer is none that this version understands */
export function understood<T>(value: unknown, schema: Schema<T>, what: string): T {
  const read = readAs(schema, value);
  if (!read.ok) throw new CircuitError("internal", `Cannot ${what}: the answer is not understood, ${read.failure}; is it another version?`);
  return read.value;
}

/** Says what was attempted, unless the message does so itself. */
export function explained(cause: unknown, what: string): unknown {
  if (!(cause instanceof CircuitError) || cause.message.startsWith("Cannot ")) return cause;
  // What was a sentence of its own goes on another one now.
  const why = /^[A-Z][a-z]* /.test(cause.message) ? cause.message.slice(0, 1).toLowerCase() + cause.message.slice(1) : cause.message;
  return new CircuitError(cause.code, `Cannot ${what}: ${why}`, { cause });
}
