/** Asks a daemon, ours or a Python Circus: sends commands and matches the replies by id. */
import type { CommandName, Commands, OkReply } from "../wire/contract.js";
import { encodeJson } from "../wire/codec.js";
import { decodeReply, refusalOf, type Reply } from "../wire/reply.js";
import type { ControlConnection, Transport } from "../wire/transport.js";
import { CallError, CallTimeout } from "./errors.js";
import { systemTimer, type Timer } from "./timer.js";

const utf8 = new TextDecoder();

/** Names and messages that the contract does not know go out as they are: the daemon judges them. */
export type Properties = Readonly<Record<string, unknown>>;

export interface ClientOptions {
  readonly transport: Transport;
  /** `tcp://HOST:PORT` or `ipc://PATH`. */
  readonly endpoint: string;
  /** Seconds to wait for an answer. @default 5 */
  readonly timeout?: number;
  /** @default the system's */
  readonly timer?: Timer;
}

export interface CallOptions {
  /** Seconds for this call in place of the client's; Infinity waits as long as it takes. */
  readonly timeout?: number;
  /** Gives up waiting; the daemon is not told. */
  readonly signal?: AbortSignal;
}

/** A reply with the text it came as. */
export interface RawReply {
  readonly text: string;
  readonly reply: Reply;
}

interface Pending {
  readonly resolve: (reply: RawReply) => void;
  readonly reject: (cause: Error) => void;
}

/**
 * A connection to one daemon; calls may overlap. It connects by itself, again and again while the daemon is away.
 * @example
 * ```ts
 * await using client = new CircusClient({ transport: await openZmq(), endpoint: "tcp://127.0.0.1:5555" });
 * const { numprocesses } = await client.call("incr", { name: "web", waiting: true });
 * ```
 */
export class CircusClient implements AsyncDisposable {
  readonly endpoint: string;
  readonly #connection: ControlConnection;
  readonly #timeout: number;
  readonly #timer: Timer;
  readonly #pending = new Map<string, Pending>();
  readonly #reading: Promise<void>;
  #closed = false;

  /** @throws Error when the endpoint is none. */
  constructor({ transport, endpoint, timeout = 5, timer = systemTimer }: ClientOptions) {
    this.endpoint = endpoint;
    this.#timeout = timeout;
    this.#timer = timer;
    this.#connection = transport.connect(endpoint);
    this.#reading = this.#read().catch((cause: unknown) => this.#rejectAll(errorOf(cause)));
  }

  /**
   * Carries out a command and resolves with its reply. Without `waiting` in the properties the daemon answers
   * before the work is done.
   * @throws CallError when the daemon refuses, CallTimeout when no answer comes in time.
   */
  async call<C extends CommandName>(command: C, properties: Commands[C]["properties"], options: CallOptions = {}): Promise<OkReply<C>> {
    const { reply } = await this.send(command, { ...properties }, options);
    const refusal = refusalOf(reply);
    if (refusal !== null) throw new CallError(refusal.reason, refusal.errno, reply);
    return trusted<C>(reply);
  }

  /**
   * Sends any command and resolves with the reply and its text, an error reply too.
   * @throws CallTimeout when no answer comes in time.
   */
  async send(command: string, properties: Properties, options: CallOptions = {}): Promise<RawReply> {
    const { timeout = this.#timeout, signal } = options;
    if (this.#closed) throw this.#closedError(command);
    signal?.throwIfAborted();
    const id = newId();
    const body = encodeJson({ id, command, properties });
    return new Promise((resolve, reject) => {
      const abort = (): void => settle(() => reject(errorOf(signal?.reason)));
      const settle = (deliver: () => void): void => {
        cancel();
        signal?.removeEventListener("abort", abort);
        if (this.#pending.delete(id)) deliver();
      };
      const giveUp = (): void => settle(() => reject(new CallTimeout(command, this.endpoint, timeout)));
      const cancel = timeout === Infinity ? () => undefined : this.#timer.after(timeout * 1000, giveUp);
      signal?.addEventListener("abort", abort);
      this.#pending.set(id, {
        resolve: (reply) => settle(() => resolve(reply)),
        reject: (cause) => settle(() => reject(cause)),
      });
      this.#connection.send(body).catch((cause: unknown) => this.#pending.get(id)?.reject(errorOf(cause)));
    });
  }

  /** Sends a command to which no reply is wanted, not even an error; resolves when it is on its way. */
  async cast<C extends CommandName>(command: C, properties: Commands[C]["properties"]): Promise<void> {
    if (this.#closed) throw this.#closedError(command);
    await this.#connection.send(encodeJson({ id: newId(), command, properties, msg_type: "cast" }));
  }

  /** Ends the connection; calls that wait are rejected. */
  async close(): Promise<void> {
    if (this.#closed) return this.#reading;
    this.#closed = true;
    this.#rejectAll(this.#closedError("a command"));
    this.#connection.close();
    await this.#reading;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(): Promise<void> {
    for await (const body of this.#connection.replies()) {
      const reply = decodeReply(body);
      const id = reply?.["id"];
      if (reply !== null && typeof id === "string") this.#pending.get(id)?.resolve({ text: utf8.decode(body), reply });
    }
  }

  #rejectAll(cause: Error): void {
    for (const { reject } of [...this.#pending.values()]) reject(cause);
  }

  #closedError(command: string): Error {
    return new Error(`Cannot send "${command}" to "${this.endpoint}": the client is closed`);
  }
}

/** What was thrown, or what an abort was given as its reason, is nearly always an Error; it is passed on as it is. */
function errorOf(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause), { cause });
}

/** In the form of Python's uuid4().hex, as Circus's clients send it. */
function newId(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** The envelope was checked; that the rest is as the contract says is the daemon's word. */
function trusted<C extends CommandName>(reply: Reply): OkReply<C> {
  return reply as Reply & OkReply<C>;
}
