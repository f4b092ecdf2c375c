/** The daemon's seat in a circuit of servers: taken at the start, kept up to date, left at the end. */
import type { ClusterSpec } from "../core/circuit/spec.js";
import type { Log } from "../core/ports.js";
import { CommandError, ERRNO, type Commands } from "../wire/contract.js";
import type { Within } from "./within.js";

/** What commands need of the circuit; `main` makes it real. Whatever it throws for a client is a CommandError. */
export interface Circuit {
  members(): Promise<Commands["members"]["reply"]>;
  join(address: string): Promise<Commands["join"]["reply"]>;
  relay(properties: Commands["relay"]["properties"]): Promise<Commands["relay"]["reply"]>;
  /** Takes over what it can of a changed section. @returns options whose change takes effect at the next start alone */
  adopt(spec: ClusterSpec): Promise<readonly string[]>;
  /** Says good-bye, and ends what runs there on behalf of others. Never rejects. */
  leave(): Promise<void>;
}

/** @throws Error where there can be no server: the port is taken, the key file is unreadable */
export type OpenCircuit = (spec: ClusterSpec, within: Within) => Promise<Circuit>;

export class CircuitSeat {
  readonly #open: OpenCircuit | null;
  readonly #within: Within;
  readonly #log: Log;
  #circuit: Circuit | null = null;
  /** Why it could not be entered. */
  #failure: string | null = null;
  #left = false;
  /** One configuration is followed after the other, or two servers would open at once. */
  #turn: Promise<void> = Promise.resolve();

  /** @param open null where the program takes part in no circuit, as a library does */
  constructor(open: OpenCircuit | null, within: Within, log: Log) {
    this.#open = open;
    this.#within = within;
    this.#log = log;
  }

  /** The circuit, once it has been entered. @throws CommandError where this daemon is no server of one, with the reason */
  async circuit(): Promise<Circuit> {
    await this.#turn;
    if (this.#circuit !== null) return this.#circuit;
    const why = this.#failure ?? "add [cluster] to its configuration";
    throw new CommandError(`This circusd is no server of a circuit: ${why}`, ERRNO.message);
  }

  /**
   * Begins, goes on or ends as the configuration says. That it cannot is logged: the watchers of this host do not depend
   * on others.
   */
  follow(spec: ClusterSpec | null): Promise<void> {
    this.#turn = this.#turn.then(() => this.#take(spec));
    return this.#turn;
  }

  /** One that is about to open is waited for, and left as well. */
  async leave(): Promise<void> {
    this.#left = true;
    await this.#part();
    await this.#turn;
  }

  async #take(spec: ClusterSpec | null): Promise<void> {
    if (this.#left) return;
    try {
      await this.#follow(spec);
      this.#failure = null;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#failure = why;
      this.#log.error(`Cannot take part in a circuit: ${why}; everything else goes on, and circusctl reloadconfig tries again`);
    }
    // It may have been told to leave while it was opening.
    if (this.#isOver()) await this.#part();
  }

  async #part(): Promise<void> {
    const circuit = this.#circuit;
    this.#circuit = null;
    await circuit?.leave();
  }

  async #follow(spec: ClusterSpec | null): Promise<void> {
    if (this.#open === null) return;
    if (spec === null) await this.#part();
    else if (this.#circuit === null) this.#circuit = await this.#open(spec, this.#within);
    else {
      const late = await this.#circuit.adopt(spec);
      if (late.length > 0) this.#log.warning(`[cluster] has changed: ${late.join(", ")} take effect when circusd is started anew`);
    }
  }

  #isOver(): boolean {
    return this.#left;
  }
}
