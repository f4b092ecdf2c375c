/** A server of the circuit, as a client has it. */
import type { Member } from "../../core/circuit/member.js";
import { serverStatSchema } from "../../wire/circuit/contract.js";
import type { ServerStat } from "../../wire/circuit/values.js";
import type { CallOptions, Seat } from "../place.js";
import { readableOf, readingOf } from "../streams.js";

const WHAT = "the server";

export interface ProfileOptions extends CallOptions {
  /** How long `cpu` is measured. @default 5 */
  readonly seconds?: number;
}

/** Stands on every `/X…`, and cannot be scrubbed. */
export class Server {
  readonly kind = "server";
  readonly #seat: Seat;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** Where it stands: `/X…`. */
  get path(): string {
    return this.#seat.place.path;
  }

  /** Its address, when it started, what it runs on. */
  async peek(options?: CallOptions): Promise<ServerStat> {
    return this.#seat.peek(WHAT, serverStatSchema, options);
  }

  /** The text of a profile: `cpu`, `heap`, `memory` or `handles`. @throws through the stream: CircuitError `invalid` for another name */
  profile(name: string, { seconds, ...options }: ProfileOptions = {}): ReadableStream<Uint8Array> {
    const what = `take the profile "${name}" of ${this.#seat.named(WHAT)}`;
    const request = { what, method: "profile", params: { name, ...(seconds === undefined ? {} : { seconds }) } } as const;
    return readableOf({
      open: async () => readingOf(await this.#seat.place.open(request, { deadline: null, ended: true, ...options })),
      what,
    });
  }

  /** Merges its circuit with that of an address, in both directions; where they are one already nothing changes. @returns who is there */
  async join(address: string, options?: CallOptions): Promise<Member> {
    const what = `join ${this.#seat.named(WHAT)} to "${address}"`;
    return (await this.#seat.place.ask({ what, method: "join", params: { address } }, options)).member;
  }

  /** Makes it say good-bye to the circuit and end, with everything that stands on it. */
  async suicide(options?: CallOptions): Promise<void> {
    await this.#seat.place.ask({ what: `end ${this.#seat.named(WHAT)}`, method: "suicide", params: {} }, options);
  }

  /**
   * Sends a command to the circusd of that host, as circusctl does.
   * @returns its reply, an error reply too
   * @example `await server.circus("incr", { name: "web", nb: 2 })`
   */
  async circus(
    command: string,
    properties: Readonly<Record<string, unknown>> = {},
    options?: CallOptions,
  ): Promise<Readonly<Record<string, unknown>>> {
    const what = `send "${command}" to the circusd of ${this.#seat.named(WHAT)}`;
    const request = { what, method: "circus", params: { command, properties: { ...properties } } } as const;
    return (await this.#seat.place.ask(request, options)).reply;
  }
}
