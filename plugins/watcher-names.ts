/** Which watcher an event is about: topics carry its name in lower case and without blanks. */
import { topicName, type CircusPlugin } from "circusd/plugin";

/** The names by which circusd's commands know watchers, asked for when an event is about one that is new. */
export class WatcherNames {
  readonly #plugin: Pick<CircusPlugin, "call">;
  #names: ReadonlyMap<string, string> = new Map();

  constructor(plugin: Pick<CircusPlugin, "call">) {
    this.#plugin = plugin;
  }

  /** The watcher's name by what `splitData` says; null where there is none such any more. */
  async of(topic: string): Promise<string | null> {
    if (!this.#names.has(topic)) this.#names = new Map((await this.all()).map((name) => [topicName(name), name]));
    return this.#names.get(topic) ?? null;
  }

  async all(): Promise<readonly string[]> {
    const reply = await this.#plugin.call("list", {});
    return "watchers" in reply ? reply.watchers : [];
  }
}
