/**
 * The ProcessHost port on Linux: starts workers, learns of their deaths by SIGCHLD and keeps track of the tree of
 * processes that each of them brings about. What to do about any of it is decided by who listens.
 */
import type { Exit, Log, Pid, ProcessHost, ProcessInfo, ProcessListener, SpawnFailure, SpawnPlan } from "../core/ports.js";
import { fail, type Result } from "../core/result.js";
import { keepFromWorkers } from "./descriptors.js";
import type { Native } from "./native.js";
import { ProcTable, type ProcStat } from "./proc-table.js";
import { ProcessFigures } from "./process-figures.js";
import { Purge } from "./purge.js";
import { Reaper } from "./reaper.js";
import { Released } from "./released.js";
import { Spawner } from "./spawn.js";
import { sweep } from "./sweep.js";
import { ProcessTree, type Forest } from "./tree.js";

export interface HostOptions {
  /** Take over the orphans of all descendants (PR_SET_CHILD_SUBREAPER): right for a daemon, not for a library. */
  readonly subreaper: boolean;
  /**
   * Whether every child of this process is the host's, so that what is left at the end is ended, too. In somebody's
   * program there are children of its own and those of other hosts, which cannot be told from orphans.
   */
  readonly alone: boolean;
  /** Told of processes that cannot be killed. */
  readonly log: Pick<Log, "error">;
}

interface Worker {
  readonly listener: ProcessListener;
  readonly tree: ProcessTree;
}

const SIGKILL = 9;
/** Without being told of the deaths of orphans, this many milliseconds pass between two looks at them. */
const ORPHAN_POLL = 50;
/** Unprivileged users may have 64 MiB in pipes; past that all their new pipes shrink, so only a few are made large. */
const LARGE_PIPES_UNPRIVILEGED = 16;

export class LinuxProcessHost implements ProcessHost {
  readonly #native: Native;
  readonly #table = new ProcTable();
  readonly #figures: ProcessFigures;
  readonly #spawner: Spawner;
  readonly #reaper: Reaper;
  readonly #forest: Forest;
  readonly #workers = new Map<Pid, Worker>();
  /** Workers whose leader has died before others of its tree. */
  readonly #remains = new Map<Pid, Worker>();
  readonly #released = new Released();
  readonly #purge: Purge;
  readonly #alone: boolean;
  readonly #privileged = process.geteuid?.() === 0;
  #batch: { readonly worker: Worker; readonly exit: Exit }[] = [];
  #poll: NodeJS.Timeout | null = null;

  /**
   * @throws where the kernel refuses to make this process a subreaper
   * @example `const host = new LinuxProcessHost(loadNative(), { subreaper: true, alone: true, log });`
   */
  constructor(native: Native, { subreaper, alone, log }: HostOptions) {
    this.#native = native;
    this.#alone = alone;
    const table = this.#table;
    keepFromWorkers(native);
    const adopted = subreaper ? native.becomeSubreaper() : null;
    if (adopted?.ok === false) throw new Error(`Cannot become subreaper (${adopted.failure}): use Linux 3.4 or newer`);
    const adopts = subreaper || process.pid === 1;
    this.#forest = { native, table, adopts, orphans: () => table.orphans((pid) => this.#workers.has(pid)) };
    this.#figures = new ProcessFigures(native, table);
    this.#spawner = new Spawner(native);
    this.#purge = new Purge(log, (leader) => this.#empty(leader));
    this.#reaper = new Reaper(native, {
      isOurs: (pid) => this.#workers.has(pid),
      ours: () => this.#workers.keys(),
      isOrphan: (pid) => this.#isOrphan(pid),
      adopts,
      zombies: () => table.children(process.pid).filter((pid) => table.stat(pid)?.state === "Z"),
      died: (pid, exit) => this.#died(pid, exit),
      settled: () => this.#settle(),
    });
  }

  spawn(plan: SpawnPlan, listener: ProcessListener): Promise<Result<Pid, SpawnFailure>> {
    const grow = this.#privileged || this.#workers.size < LARGE_PIPES_UNPRIVILEGED;
    const started = this.#spawner.start(plan, grow);
    if (started.ok) {
      this.#workers.set(started.value, { listener, tree: new ProcessTree(started.value, this.#forest) });
      this.#released.delete(started.value);
    }
    return Promise.resolve(started);
  }

  signal(pid: Pid, signal: number): Result<void, { readonly code: string }> {
    // To kill(2), 0 and negative numbers mean whole groups, our own among them.
    if (!Number.isInteger(pid) || pid <= 0) return fail({ code: "ESRCH" });
    const sent = this.#native.kill(pid, signal);
    return sent.ok ? sent : fail({ code: sent.failure });
  }

  signalTree(leader: Pid, signal: number): readonly Pid[] {
    const worker = this.#workers.get(leader) ?? this.#remains.get(leader);
    if (worker === undefined) return [];
    return signal === SIGKILL ? this.#purge.kill(worker.tree) : worker.tree.signal(signal).reached;
  }

  children(pid: Pid, recursive: boolean): readonly Pid[] {
    const found = this.#descendants(pid);
    return (recursive ? found : found.filter((stat) => stat.parent === pid)).map((stat) => stat.pid);
  }

  release(pid: Pid): void {
    if (this.#workers.delete(pid)) this.#released.add(pid);
    this.#remains.delete(pid);
    this.#purge.end(pid);
  }

  inspect(pids: readonly Pid[], withChildren: boolean): ReadonlyMap<Pid, ProcessInfo> {
    const found = new Map<Pid, ProcessInfo>();
    for (const pid of pids) {
      const info = this.#figures.read(pid, withChildren ? this.children(pid, false) : []);
      if (info !== null) found.set(pid, info);
    }
    return found;
  }

  async close(): Promise<void> {
    if (this.#poll !== null) clearTimeout(this.#poll);
    this.#poll = null;
    this.#table.refresh();
    this.#purge.close();
    this.#released.prune(() => this.#forest.orphans());
    const spared = (stat: ProcStat): boolean =>
      this.#workers.has(stat.session) || this.#released.spares(stat) || (!this.#alone && !this.#isOrphan(stat.pid));
    await sweep(this.#forest, { spared, remains: [...this.#remains.values()].map((worker) => worker.tree) });
    this.#reaper.close();
    this.#workers.clear();
    this.#remains.clear();
  }

  /** Each look also shows the tree who belongs to it, for the day when no parent does any more. */
  #descendants(pid: Pid): readonly ProcStat[] {
    const found = this.#table.descendants(pid);
    this.#workers.get(pid)?.tree.remember(found);
    return found;
  }

  #isOrphan(pid: Pid): boolean {
    const stat = this.#table.stat(pid);
    if (stat === null) return false;
    for (const trees of [this.#workers, this.#remains]) {
      if (trees.get(stat.session)?.tree.includes(stat)) return true;
      for (const { tree } of trees.values()) if (tree.includes(stat)) return true;
    }
    return false;
  }

  #died(pid: Pid, exit: Exit): void {
    const worker = this.#workers.get(pid);
    if (worker === undefined) return;
    this.#workers.delete(pid);
    this.#figures.forget(pid);
    worker.tree.leaderDied();
    this.#batch.push({ worker, exit });
  }

  /** All deaths of a batch are known before anybody is told, and before one look at the orphans serves for all. */
  #settle(): void {
    this.#table.refresh();
    const batch = this.#batch;
    this.#batch = [];
    this.#checkRemains();
    this.#released.prune(() => this.#forest.orphans());
    for (const { worker, exit } of batch) {
      const leftovers = worker.tree.survives();
      // A listener that throws must not keep the others from being told.
      queueMicrotask(() => worker.listener.exited(exit, leftovers));
      if (leftovers) this.#remains.set(worker.tree.leader, worker);
      else this.#purge.end(worker.tree.leader);
    }
    if (this.#remains.size > 0 && !this.#forest.adopts) this.#poll ??= setTimeout(() => this.#lookAgain(), ORPHAN_POLL).unref();
  }

  #lookAgain(): void {
    this.#poll = null;
    this.#settle();
  }

  #checkRemains(): void {
    for (const [leader, { tree }] of this.#remains) if (!tree.survives()) this.#empty(leader);
  }

  /** Nobody is left of the tree, or nobody who could be ended. */
  #empty(leader: Pid): void {
    this.#purge.end(leader);
    const remains = this.#remains.get(leader);
    if (remains === undefined) return;
    this.#remains.delete(leader);
    queueMicrotask(() => remains.listener.emptied());
  }
}
