/** Knows whether a watcher that stopped was told to: circusd counts how often each was. */
import { CallError, CallTimeout, topicName, type CircusPlugin } from "circusd/plugin";
import { WatcherNames } from "../watcher-names.js";

type Caller = Pick<CircusPlugin, "call">;

export class StopCounts {
  readonly #caller: Caller;
  readonly #names: WatcherNames;
  /** Count by the name that events carry; one that was added since is not in it. */
  readonly #counts = new Map<string, number>();

  constructor(caller: Caller) {
    this.#caller = caller;
    this.#names = new WatcherNames(caller);
  }

  /** Takes the counts from which later ones are told. */
  async begin(): Promise<void> {
    const names = (await orNull(this.#names.all())) ?? [];
    await Promise.all(names.map((name) => this.#look(topicName(name), name)));
  }

  /** Asked after a `stop`; null where circusd does not tell, as a Circus in Python. */
  async wasTold(topic: string): Promise<boolean | null> {
    const name = await orNull(this.#names.of(topic));
    if (name === null) return null;
    const before = this.#counts.get(topic) ?? 0;
    const now = await this.#look(topic, name);
    return now === null ? null : now > before;
  }

  forget(topic: string): void {
    this.#counts.delete(topic);
  }

  async #look(topic: string, name: string): Promise<number | null> {
    const reply = await orNull(this.#caller.call("status", { name }));
    if (reply === null || !("stops" in reply) || reply.stops === undefined) return null;
    this.#counts.set(topic, reply.stops);
    return reply.stops;
  }
}

/** The watcher may be gone, and circusd may be busy. */
async function orNull<T>(reply: Promise<T>): Promise<T | null> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof CallError || error instanceof CallTimeout) return null;
    throw error;
  }
}
