/** A client's way into the circuit: one conversation with one of the servers it was told of, made anew when it breaks. */
import type { Member } from "../core/circuit/member.js";
import { formatAddress, type Address } from "../wire/circuit/address.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { DialError } from "../wire/circuit/link.js";
import type { Conversation } from "./conversation.js";

/** A server that has been reached, and what it says of itself. */
export interface Dialled {
  readonly conversation: Conversation;
  readonly member: Member;
}

export interface DialLimits {
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Reaches one server. @throws DialError or CircuitError */
export type DialServer = (address: Address, limits: DialLimits) => Promise<Dialled>;

export interface UplinkOptions {
  /** At least one; tried in this order. */
  readonly addresses: readonly Address[];
  readonly dial: DialServer;
  /** Milliseconds for each address. */
  readonly timeout: number;
  /** Milliseconds for calls that say nothing of it. */
  readonly deadline: number;
}

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #closing = new AbortController();
  #dialled: Dialled | null = null;
  #dialling: Promise<Dialled> | null = null;
  /** The address that is tried first; after a loss the one behind the lost one. */
  #first = 0;

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  /**
   * The conversation that stands, or a new one. Several callers wait for the same dialling; whoever cancels only stops waiting.
   * @throws CircuitError when no server answers, it is cancelled or the client was closed
   */
  async reach(signal?: AbortSignal): Promise<Dialled> {
    if (this.#closing.signal.aborted) throw new CircuitError("cancelled", "the client was closed");
    if (signal?.aborted === true) throw cancelled(signal);
    if (this.#dialled !== null && this.#dialled.conversation.end === null) return this.#dialled;
    this.#dialling ??= this.#dial().finally(() => (this.#dialling = null));
    return signal === undefined ? this.#dialling : untilAborted(this.#dialling, signal);
  }

  /** Milliseconds for calls that say nothing of it. */
  get deadline(): number {
    return this.#options.deadline;
  }

  close(): void {
    this.#closing.abort();
    this.#dialled?.conversation.close("the client was closed");
  }

  async #dial(): Promise<Dialled> {
    const { addresses, dial, timeout } = this.#options;
    if (this.#dialled !== null) this.#first = (this.#first + 1) % addresses.length;
    this.#dialled = null;
    const failures: Error[] = [];
    for (let turn = 0; turn < addresses.length; turn += 1) {
      const index = (this.#first + turn) % addresses.length;
      const address = addresses[index];
      if (address === undefined || this.#closing.signal.aborted) break;
      try {
        const dialled = await dial(address, { timeout, signal: this.#closing.signal });
        this.#first = index;
        return this.#keep(dialled);
      } catch (cause) {
        failures.push(named(cause, address));
      }
    }
    throw failureOf(failures);
  }

  #keep(dialled: Dialled): Dialled {
    if (this.#closing.signal.aborted) dialled.conversation.close("the client was closed");
    this.#dialled = dialled;
    return dialled;
  }
}

/** Names the address where the failure does not do so itself. */
function named(cause: unknown, address: Address): Error {
  if (!(cause instanceof DialError || cause instanceof CircuitError)) return cause instanceof Error ? cause : new Error(String(cause));
  const place = formatAddress(address);
  const message = cause.message.includes(`${address.host}:${address.port}`) ? cause.message : `Cannot dial "${place}": ${cause.message}`;
  return new CircuitError(cause instanceof CircuitError ? cause.code : codeOf(cause), message, { cause });
}

function codeOf({ kind }: DialError): CircuitError["code"] {
  switch (kind) {
    case "unreachable":
      return "lost";
    case "refused-key":
      return "refused";
    case "timeout":
      return "deadline";
    case "cancelled":
      return "cancelled";
  }
}

function failureOf(failures: readonly Error[]): Error {
  const [first] = failures;
  if (first === undefined) return new CircuitError("cancelled", "the client was closed");
  if (failures.length === 1) return first;
  const message = failures.map((one) => one.message).join("; ");
  return new CircuitError(first instanceof CircuitError ? first.code : "lost", message, { cause: first });
}

function cancelled(signal: AbortSignal): CircuitError {
  return new CircuitError("cancelled", "it was cancelled", { cause: signal.reason });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(cancelled(signal));
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
