/** The end of a host: kills what no worker accounts for, so that nothing is left behind. */
import type { Pid } from "../core/ports.js";
import type { ProcStat } from "./proc-table.js";
import type { Forest, ProcessTree } from "./tree.js";

export interface Leftovers {
  /** Children of ours that stay as they are, with all their descendants. */
  readonly spared: (child: ProcStat) => boolean;
  /** Trees that have lost their leader. */
  readonly remains: readonly ProcessTree[];
}

const SIGKILL = 9;
const ROUNDS = 100;
/** Milliseconds between two looks. */
const PAUSE = 10;

/** Sends SIGKILL until nobody of them runs any more, for a second at most: a process deep in the kernel dies later. */
export async function sweep(forest: Forest, { spared, remains }: Leftovers): Promise<void> {
  const { native, table } = forest;
  const killed = new Set<Pid>();
  for (let round = 0; round < ROUNDS; round++) {
    table.refresh();
    const roots = forest.orphans().filter((child) => !spared(child));
    const alive = roots.flatMap((root) => [root, ...table.descendants(root.pid)]).map((stat) => stat.pid);
    const killable = alive.filter((pid) => native.kill(pid, SIGKILL).ok);
    for (const { pid } of roots) killed.add(pid);
    const left = remains.flatMap((tree) => tree.signal(SIGKILL).reached);
    if (killable.length + left.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  for (const pid of killed) native.reap(pid);
}
