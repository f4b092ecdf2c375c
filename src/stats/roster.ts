/**
 * Which processes each watcher has, as far as events and the daemon's own lists tell. Watchers bear the name that topics
 * carry, from the first message to the last: a list has another spelling than events.
 */
import type { Pid } from "../core/ports.js";
import { topicName } from "../core/topics.js";
import type { CircusEvent } from "../wire/event.js";

/** Pids by name of the watcher. */
export type Lists = ReadonlyMap<string, readonly Pid[]>;

export class Roster {
  readonly #watchers = new Map<string, Set<Pid>>();
  /** Events since a list was asked for, which may tell of what came after it was made. */
  #journal: CircusEvent[] | null = null;

  get watchers(): ReadonlyMap<string, ReadonlySet<Pid>> {
    return this.#watchers;
  }

  /** To be called before the lists are asked for. */
  beginListing(): void {
    this.#journal = [];
  }

  /** Takes the lists as they came, and what has happened since they were asked for. */
  endListing(lists: Lists): void {
    this.#watchers.clear();
    for (const [name, pids] of lists) for (const pid of [null, ...pids]) this.#add(topicName(name), pid);
    const since = this.#journal ?? [];
    this.#journal = null;
    for (const event of since) this.apply(event);
  }

  /** @returns whether the event tells that others were missed */
  apply(event: CircusEvent): boolean {
    this.#journal?.push(event);
    switch (event.event) {
      case "spawn":
        this.#add(event.watcher, event.payload.process_pid);
        return false;
      case "reap":
        this.drop(event.watcher, event.payload.process_pid);
        return false;
      case "stop":
        this.#watchers.get(event.watcher)?.clear();
        return false;
      case "remove":
        this.#watchers.delete(event.watcher);
        return false;
      case "add":
        this.#add(event.watcher, null);
        return false;
      case "start":
        // It follows the first spawn.
        return (this.#watchers.get(event.watcher)?.size ?? 0) === 0;
      case "kill":
      case "updated":
      case "reload":
      case "hook_success":
      case "hook_failure":
      case null:
        return false;
    }
  }

  drop(watcher: string, pid: Pid): void {
    this.#watchers.get(watcher)?.delete(pid);
  }

  #add(watcher: string, pid: Pid | null): void {
    const pids = this.#watchers.get(watcher) ?? new Set();
    if (pid !== null) pids.add(pid);
    this.#watchers.set(watcher, pids);
  }
}
