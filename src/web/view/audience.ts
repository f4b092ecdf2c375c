/** The pages that watch a daemon: each is told everything once, then what changes. */
import type { Cancel } from "../../core/ports.js";
import { topicName } from "../../core/topics.js";
import type { ServerMessage } from "../api.js";

/** A message for pages, written once for all of them. */
export interface Told {
  readonly type: ServerMessage["type"];
  /** The watcher that `processes` are of. */
  readonly name: string | null;
  readonly text: string;
}

export type Listener = (told: Told) => void;

/** Writes a message. */
export function told(message: ServerMessage): Told {
  return { type: message.type, name: message.type === "processes" ? message.name : null, text: JSON.stringify(message) };
}

export class Audience {
  /** Whether each was told how things stand. */
  readonly #listeners = new Map<Listener, boolean>();
  /** How many look at the processes of a watcher, by the name that topics carry. */
  readonly #looked = new Map<string, number>();

  get size(): number {
    return this.#listeners.size;
  }

  get looked(): Iterable<string> {
    return this.#looked.keys();
  }

  /** Nothing is told before `greet`. */
  join(listener: Listener): void {
    this.#listeners.set(listener, false);
  }

  greet(listener: Listener, greeting: readonly Told[]): void {
    if (this.#listeners.get(listener) !== false) return;
    this.#listeners.set(listener, true);
    for (const message of greeting) listener(message);
  }

  leave(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  tell(message: ServerMessage): void {
    if (this.#listeners.size > 0) this.tellAll([told(message)]);
  }

  tellAll(messages: readonly Told[]): void {
    for (const [listener, greeted] of this.#listeners) if (greeted) messages.forEach(listener);
  }

  /** Notes that somebody wants the processes of a watcher, until it is cancelled. */
  lookAt(name: string): Cancel {
    const topic = topicName(name);
    this.#looked.set(topic, (this.#looked.get(topic) ?? 0) + 1);
    let looking = true;
    return () => {
      if (!looking) return;
      looking = false;
      const left = (this.#looked.get(topic) ?? 0) - 1;
      if (left > 0) this.#looked.set(topic, left);
      else this.#looked.delete(topic);
    };
  }

  /** @param topic a watcher's name as topics carry it */
  looksAt(topic: string): boolean {
    return this.#looked.has(topic);
  }

  close(): void {
    this.#listeners.clear();
    this.#looked.clear();
  }
}
