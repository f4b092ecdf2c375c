/**
 * The processes that one worker brought about: its leader, the leader's process group and session, and descendants
 * that left both. It tells who of them lives and sends signals to them; it waits for nobody.
 */
import type { Pid } from "../core/ports.js";
import type { Native } from "./native.js";
import { isAlive, type ProcStat, type ProcTable } from "./proc-table.js";

/** What the trees of one host share. */
export interface Forest {
  readonly native: Native;
  readonly table: ProcTable;
  /** Whether orphans among our descendants become our children. */
  readonly adopts: boolean;
  /** Living children of ours that lead no worker, read once per turn of the event loop. */
  orphans(): readonly ProcStat[];
}

/** Processes may fork while they are being killed: so often they are looked for again. */
const ROUNDS = 3;
const SIGKILL = 9;
/** So many may be remembered before the dead among them are looked for. */
const FEW = 32;

/** Who got a signal, and who lives but belongs to somebody whom we may not signal. */
export interface Delivery {
  readonly reached: readonly Pid[];
  readonly refused: readonly Pid[];
}

export class ProcessTree {
  readonly leader: Pid;
  readonly #forest: Forest;
  /** Others of the tree, with the start times that tell them from later processes of the same number. */
  readonly #others = new Map<Pid, number>();
  /** How many of them there were when the gone ones were last dropped. */
  #kept = FEW;
  #leaderGone = false;
  /** Once empty, the number of the group may come to mean another group. */
  #groupGone = false;

  constructor(leader: Pid, forest: Forest) {
    this.leader = leader;
    this.#forest = forest;
  }

  /** Notes descendants that are known from elsewhere: after the death of a parent nothing links them to the leader. */
  remember(found: readonly ProcStat[]): void {
    for (const { pid, start } of found) if (pid !== this.leader) this.#others.set(pid, start);
    if (this.#others.size > 2 * this.#kept) this.#dropGone();
  }

  /** Whether that process was seen in this tree; it may be a zombie by now. */
  includes(stat: ProcStat): boolean {
    return (!this.#groupGone && (stat.session === this.leader || stat.group === this.leader)) || this.#others.get(stat.pid) === stat.start;
  }

  /** To be called when the leader has been reaped. */
  leaderDied(): void {
    this.#leaderGone = true;
  }

  /**
   * Whether anybody is left after the death of the leader. Cheap where nobody is: one system call, and for a subreaper
   * a look at those children of ours that lead no worker.
   */
  survives(): boolean {
    this.#forgetDead();
    if (this.#others.size > 0) return true;
    const grouped = this.#hasGroup();
    if (grouped || this.#forest.adopts) this.remember(this.#kin(grouped));
    return this.#others.size > 0;
  }

  /** Whether the leader has been reaped. */
  get leaderless(): boolean {
    return this.#leaderGone;
  }

  /** Sends to all of them. Who is started by one of them meanwhile is found by the next call, with SIGKILL by this one. */
  signal(signal: number): Delivery {
    const reached = new Set<Pid>();
    const refused = new Set<Pid>();
    for (let round = 0; round < (signal === SIGKILL ? ROUNDS : 1); round++) {
      if (round > 0) this.#forest.table.refresh();
      const delivery = this.#signalOnce(signal, new Set([...reached, ...refused]));
      for (const pid of delivery.refused) refused.add(pid);
      const before = reached.size;
      for (const pid of delivery.reached) reached.add(pid);
      if (reached.size === before) break;
    }
    return { reached: [...reached], refused: [...refused] };
  }

  #signalOnce(signal: number, done: ReadonlySet<Pid>): Delivery {
    const { native, table } = this.#forest;
    this.#gather();
    // Looked at before the first signal: the killed are zombies at once.
    const targets = [...this.#others].flatMap(([pid, start]) => {
      const stat = done.has(pid) ? null : table.stat(pid);
      return stat !== null && stat.start === start && isAlive(stat) ? stat : [];
    });
    // Without its leader a group keeps its number only by a member: another group may bear it by now.
    const known = !this.#leaderGone || targets.some((stat) => stat.group === this.leader);
    const group = known && native.kill(-this.leader, signal).ok;
    const reached: Pid[] = [];
    const refused: Pid[] = [];
    const note = (pid: Pid, grouped: boolean): void => {
      // A group takes a signal when one of its members may be sent it, so each is asked about.
      const sent = native.kill(pid, grouped ? 0 : signal);
      if (sent.ok || (grouped && sent.failure !== "EPERM")) reached.push(pid);
      else if (sent.failure === "EPERM") refused.push(pid);
    };
    if (!this.#leaderGone && !done.has(this.leader)) note(this.leader, group);
    for (const stat of targets) note(stat.pid, group && stat.group === this.leader);
    return { reached, refused };
  }

  #gather(): void {
    const { table } = this.#forest;
    this.#forgetDead();
    const roots = this.#leaderGone ? [...this.#others.keys()] : [this.leader, ...this.#others.keys()];
    for (const root of roots) this.remember(table.descendants(root));
    this.remember(this.#kin(true));
  }

  /** Members of group and session that no parent links to the leader any more. */
  #kin(everywhere: boolean): readonly ProcStat[] {
    const { table, adopts } = this.#forest;
    if (!adopts) return everywhere ? table.everyone().filter((stat) => isAlive(stat) && this.includes(stat)) : [];
    return this.#forest
      .orphans()
      .filter((stat) => this.includes(stat))
      .flatMap((stat) => [stat, ...table.descendants(stat.pid)]);
  }

  #forgetDead(): void {
    for (const [pid, start] of this.#others) if (!this.#forest.table.runs(pid, start)) this.#others.delete(pid);
  }

  /** Zombies are kept: they are still to be recognised as members when they are reaped. */
  #dropGone(): void {
    for (const [pid, start] of this.#others) if (this.#forest.table.stat(pid)?.start !== start) this.#others.delete(pid);
    this.#kept = Math.max(FEW, this.#others.size);
  }

  #hasGroup(): boolean {
    if (this.#groupGone) return false;
    const asked = this.#forest.native.kill(-this.leader, 0);
    // EPERM also says that there is one, of another user.
    if (!asked.ok && asked.failure === "ESRCH" && this.#leaderGone) this.#groupGone = true;
    return asked.ok || asked.failure !== "ESRCH";
  }
}
