/** Knows whether a watcher that stopped was told to: circusd says of one that went down by itself why it did. */
import { CallError, CallTimeout, type CircusPlugin } from "circusd/plugin";
import { WatcherNames } from "../watcher-names.js";

export class Demises {
  readonly #caller: Pick<CircusPlugin, "call">;
  readonly #names: WatcherNames;

  constructor(caller: Pick<CircusPlugin, "call">) {
    this.#caller = caller;
    this.#names = new WatcherNames(caller);
  }

  /** Asked after a `stop`; null where circusd does not tell, as a Circus in Python, or is busy. */
  async wasTold(topic: string): Promise<boolean | null> {
    try {
      const name = await this.#names.of(topic);
      if (name === null) return true;
      const reply = await this.#caller.call("status", { name });
      return "demise" in reply && reply.demise !== undefined ? reply.demise === null : null;
    } catch (error) {
      // Whoever has removed it meanwhile meant it to end.
      if (error instanceof CallError) return true;
      if (error instanceof CallTimeout) return null;
      throw error;
    }
  }
}
