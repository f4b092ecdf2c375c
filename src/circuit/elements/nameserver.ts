/** A name server on some host, as a client has it. */
import { nameserverStatSchema } from "../../wire/circuit/contract.js";
import type { NameserverStat } from "../../wire/circuit/values.js";
import type { CallOptions, ScrubOptions, Seat } from "../place.js";

const WHAT = "the name server";

/** Made by `anchor.makeNameserver()`, or got by `anchor.get()`. */
export class Nameserver {
  readonly kind = "nameserver";
  readonly #seat: Seat;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** Where it stands: `/X…/a/b`. */
  get path(): string {
    return this.#seat.place.path;
  }

  /** Adds a record. @throws CircuitError `invalid` for what is none @example `await dns.set("api.example. 60 IN A 10.0.0.7")` */
  async set(record: string, options?: CallOptions): Promise<void> {
    await this.#seat.place.ask(
      { what: `set "${record}" in ${this.#seat.named(WHAT)}`, method: "set", params: { ...this.#seat.at, record } },
      options,
    );
  }

  /** Removes all records of a name. @returns how many there were */
  async unset(name: string, options?: CallOptions): Promise<number> {
    const request = { what: `unset "${name}" in ${this.#seat.named(WHAT)}`, method: "unset", params: { ...this.#seat.at, name } } as const;
    return (await this.#seat.place.ask(request, options)).removed;
  }

  /** Its address, and its records by name. */
  async peek(options?: CallOptions): Promise<NameserverStat> {
    return this.#seat.peek(WHAT, nameserverStatSchema, options);
  }

  /** Ends it and takes it from its anchor. @returns whether it was there */
  async scrub(options?: ScrubOptions): Promise<boolean> {
    return this.#seat.scrub(WHAT, options);
  }
}
