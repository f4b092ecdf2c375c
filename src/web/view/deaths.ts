/** Counts processes that died without being told to: their `reap` came without a `kill` before it. */
import type { CircusEvent } from "../../wire/event.js";

/** Pids per watcher of which a `kill` was heard and no `reap`; a reap may be lost. */
const MOST_TOLD = 1000;

export class Deaths {
  readonly #told = new Map<string, Set<number>>();
  readonly #counts = new Map<string, number>();

  /** @returns whether it was such a death */
  hear(event: CircusEvent): boolean {
    if (event.event === "kill") this.#tell(event.watcher, event.payload.process_pid);
    if (event.event === "remove") this.forget(event.watcher);
    if (event.event !== "reap" || this.#told.get(event.watcher)?.delete(event.payload.process_pid) === true) return false;
    this.#counts.set(event.watcher, this.of(event.watcher) + 1);
    return true;
  }

  /** @param topic the watcher's name as topics carry it */
  of(topic: string): number {
    return this.#counts.get(topic) ?? 0;
  }

  forget(topic: string): void {
    this.#told.delete(topic);
    this.#counts.delete(topic);
  }

  #tell(topic: string, pid: number): void {
    const told = this.#told.get(topic) ?? new Set();
    const [oldest] = told;
    if (told.size >= MOST_TOLD && oldest !== undefined) told.delete(oldest);
    told.add(pid);
    this.#told.set(topic, told);
  }
}
