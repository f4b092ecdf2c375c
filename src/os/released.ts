/** Workers that live on unsupervised, and what they have started: nobody is to end them with the daemon. */
import type { Pid } from "../core/ports.js";
import type { ProcStat } from "./proc-table.js";

export class Released {
  /** Leaders, which may have died before others of their sessions; their numbers are also those of the sessions. */
  readonly #leaders = new Set<Pid>();

  add(leader: Pid): void {
    this.#leaders.add(leader);
  }

  /** Another process bears that number now. */
  delete(pid: Pid): void {
    this.#leaders.delete(pid);
  }

  spares({ pid, session }: ProcStat): boolean {
    return this.#leaders.has(pid) || this.#leaders.has(session);
  }

  /**
   * Forgets sessions of which nobody is left, before their numbers come to mean others.
   * @param living tells the children of ours that lead no worker; it is asked only where something was released
   */
  prune(living: () => readonly ProcStat[]): void {
    if (this.#leaders.size === 0) return;
    const used = new Set(living().flatMap(({ pid, session }) => [pid, session]));
    for (const leader of this.#leaders) if (!used.has(leader)) this.#leaders.delete(leader);
  }
}
