/**
 * SIGKILL until nobody of a tree is left: a process may fork while it is being killed, and one that has become another
 * user's cannot be killed at all. Such ones are told about, and given up where nothing else is left.
 */
import type { Cancel, Log, Pid } from "../core/ports.js";
import type { ProcessTree } from "./tree.js";

/** Milliseconds between two tries. */
const AGAIN = 3_000;
const SIGKILL = 9;

export class Purge {
  readonly #log: Pick<Log, "error">;
  readonly #giveUp: (leader: Pid) => void;
  readonly #running = new Map<Pid, Cancel>();
  /** Trees whose trouble was told. */
  readonly #told = new Set<Pid>();

  /** @param giveUp called where the leader is gone and every other one refuses SIGKILL */
  constructor(log: Pick<Log, "error">, giveUp: (leader: Pid) => void) {
    this.#log = log;
    this.#giveUp = giveUp;
  }

  /** Kills the tree now and again every three seconds until `end`. Returns who got the signal this time. */
  kill(tree: ProcessTree): readonly Pid[] {
    const { leader } = tree;
    this.#running.get(leader)?.();
    const timer = setTimeout(() => this.kill(tree), AGAIN).unref();
    this.#running.set(leader, () => clearTimeout(timer));
    const { reached, refused } = tree.signal(SIGKILL);
    // Whom we cannot kill may still end by itself when its child does, as sudo does.
    if (refused.length > 0 && reached.length === 0) this.#refused(tree, refused);
    return reached;
  }

  /** To be called when the tree is empty, or none of our business any more. */
  end(leader: Pid): void {
    this.#running.get(leader)?.();
    this.#running.delete(leader);
    this.#told.delete(leader);
  }

  close(): void {
    for (const leader of [...this.#running.keys()]) this.end(leader);
  }

  #refused({ leader, leaderless }: ProcessTree, pids: readonly Pid[]): void {
    const whom = `Cannot kill ${pids.length === 1 ? "process" : "processes"} ${pids.map((pid) => `"${pid}"`).join(", ")} of the worker "${leader}"`;
    const why = `another user's, and circusd is not root (EPERM)`;
    if (leaderless) {
      this.#log.error(`${whom}: ${why}; given up, end them by hand`);
      this.#giveUp(leader);
      return;
    }
    if (!this.#told.has(leader)) this.#log.error(`${whom}: ${why}; its stop waits until they are ended by hand`);
    this.#told.add(leader);
  }
}
