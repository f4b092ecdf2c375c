/** When each process was last heard of. */

export interface Silent {
  readonly pid: number;
  readonly watcher: string;
}

export class Heartbeats {
  readonly #last = new Map<number, { readonly watcher: string; at: number }>();

  /** A process that is to be watched from now on. @param at seconds, as in every method */
  add({ pid, watcher }: Silent, at: number): void {
    this.#last.set(pid, { watcher, at });
  }

  /** Brings it in line with the processes that a watcher has: new ones are watched from now on, others forgotten. */
  keep(watcher: string, pids: readonly number[], at: number): void {
    for (const [pid, known] of this.#last) if (known.watcher === watcher && !pids.includes(pid)) this.#last.delete(pid);
    for (const pid of pids) if (!this.#last.has(pid)) this.add({ pid, watcher }, at);
  }

  forget(pid: number): void {
    this.#last.delete(pid);
  }

  forgetAll(watcher: string): void {
    for (const [pid, known] of this.#last) if (known.watcher === watcher) this.#last.delete(pid);
  }

  /** @returns false where nobody watches that process */
  heard(pid: number, at: number): boolean {
    const known = this.#last.get(pid);
    if (known !== undefined) known.at = at;
    return known !== undefined;
  }

  /** Takes out those that were not heard of since that time. */
  takeSilent(since: number): readonly Silent[] {
    const silent = [...this.#last].filter(([, { at }]) => at < since).map(([pid, { watcher }]) => ({ pid, watcher }));
    for (const { pid } of silent) this.#last.delete(pid);
    return silent;
  }

  /** Gives everyone as much time as a new process has. */
  forgive(at: number): void {
    for (const known of this.#last.values()) known.at = at;
  }
}
