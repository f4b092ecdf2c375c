/** What is known of every watcher of a daemon, under its name as written. */
import { topicName } from "../../core/topics.js";
import type { WatcherState } from "../api.js";

/** Those that circusd adds itself. */
const INTERNAL = /^(circusd-stats|circushttpd|plugin:.*)$/;

export function isInternal(name: string): boolean {
  return INTERNAL.test(name.toLowerCase());
}

export class WatcherBoard {
  readonly #states = new Map<string, WatcherState>();
  /** Names by the form that topics carry: two watchers may share one. */
  readonly #byTopic = new Map<string, readonly string[]>();

  get names(): readonly string[] {
    return [...this.#states.keys()];
  }

  get states(): readonly WatcherState[] {
    return [...this.#states.values()];
  }

  get(name: string): WatcherState | null {
    return this.#states.get(name) ?? null;
  }

  /** @param topic a name as topics carry it */
  named(topic: string): readonly string[] {
    return this.#byTopic.get(topic) ?? [];
  }

  /** @returns whether anything is new in it */
  put(state: WatcherState): boolean {
    const known = this.#states.get(state.name);
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(state)) return false;
    if (known === undefined) this.#index(state.name, [...this.named(topicName(state.name)), state.name]);
    this.#states.set(state.name, state);
    return true;
  }

  /** @returns whether it was there */
  remove(name: string): boolean {
    if (!this.#states.delete(name)) return false;
    this.#index(
      name,
      this.named(topicName(name)).filter((other) => other !== name),
    );
    return true;
  }

  #index(name: string, names: readonly string[]): void {
    if (names.length === 0) this.#byTopic.delete(topicName(name));
    else this.#byTopic.set(topicName(name), names);
  }
}
