/**
 * Figures of many processes at once, for a look every second: pidusage reads what changes all the time, in one batch,
 * and what seldom changes is read when a process is first seen and again every few looks.
 *
 * Three properties of pidusage are met here:
 * - it keeps a descriptor of each process that it was asked about, and closes it some seconds after the last question;
 *   its `clear()` would lose them all;
 * - a pid that was given to a new process is lost to it as long as it is asked, because the descriptor is the old one's;
 * - the descriptor of a process that ends between the opening and the first read is left open for ever.
 */
import { closeSync, readdirSync, readlinkSync } from "node:fs";
import pidusage from "pidusage";
import type { Pid, ProcessInfo, ProcessUsage } from "../core/ports.js";
import type { Native } from "./native.js";
import { ProcTable } from "./proc-table.js";
import { ProcessFigures, type Particulars } from "./process-figures.js";
import { codeOf } from "./program.js";

/** Milliseconds after which pidusage forgets a process that nobody asks about; it looks for such ones half as often. */
const FORGETS_AFTER = 10_000;
/** Milliseconds after which it has surely forgotten. */
const FORGOTTEN = 3 * FORGETS_AFTER;
/** Looks between two readings of what seldom changes. */
const SELDOM = 20;
/** A process that was just started is still to become what it is: a shell that executes, a user that changes. */
const YOUNG_LOOKS = 3;

/** Null or nothing for a process that has gone. */
type Measured = Readonly<Record<string, pidusage.Status | null | undefined>>;

interface Acquaintance {
  readonly particulars: Particulars;
  /** Milliseconds since the start of the process. */
  readonly elapsed: number;
  readonly looks: number;
}

/**
 * Every look names all processes of interest: what is known of others is forgotten.
 * @example `const infos = await new PidUsage(loadNative()).look([process.pid], false);`
 */
export class PidUsage implements ProcessUsage {
  readonly #table = new ProcTable();
  readonly #figures: ProcessFigures;
  readonly #known = new Map<Pid, Acquaintance>();
  /** Those that pidusage could not read, with the time from which on it may be asked again. */
  readonly #estranged = new Map<Pid, number>();
  /** Those of them whose descriptor may have been left open, with the time from which on it can be no other. */
  readonly #lost = new Map<Pid, number>();
  #look = 0;

  constructor(native: Native) {
    this.#figures = new ProcessFigures(native, this.#table);
  }

  async look(pids: readonly Pid[], withChildren: boolean): Promise<ReadonlyMap<Pid, ProcessInfo>> {
    const children = new Map(withChildren ? pids.map((pid) => [pid, this.#table.children(pid)]) : []);
    const all = new Set([...pids, ...[...children.values()].flat()]);
    this.#forget(all);
    const measured = await measure([...all].filter((pid) => !this.#estranged.has(pid)));
    const found = new Map<Pid, ProcessInfo>();
    for (const pid of all) {
      const info = this.#info(pid, measured);
      if (info !== null) found.set(pid, info);
    }
    return new Map(pids.flatMap((pid) => withTheirs(found, pid, children.get(pid) ?? [])));
  }

  #info(pid: Pid, measured: Measured): ProcessInfo | null {
    if (this.#estranged.has(pid)) return this.#figures.read(pid, []);
    const usage = measured[pid];
    if (usage === undefined || usage === null) {
      const now = performance.now();
      if (!this.#known.delete(pid)) this.#lost.set(pid, now + FORGOTTEN);
      this.#estranged.set(pid, now + FORGOTTEN);
      return this.#figures.read(pid, []);
    }
    const particulars = this.#particulars(pid, usage.elapsed);
    if (particulars === null) return null;
    // Written out, as a spread takes longer than all that is computed here.
    const { cmdline, username, nice, vms, createTime } = particulars;
    return {
      pid,
      cmdline,
      username,
      nice,
      vms,
      createTime,
      rss: usage.memory,
      memPercent: this.#figures.memPercent(usage.memory),
      cpuSeconds: usage.ctime / 1000,
      cpuPercent: Math.max(0, usage.cpu),
      children: [],
    };
  }

  #particulars(pid: Pid, elapsed: number): Particulars | null {
    const known = this.#known.get(pid);
    // A process that has run for a shorter time than before is another one.
    const same = known !== undefined && known.elapsed <= elapsed ? known : null;
    const looks = (same?.looks ?? 0) + 1;
    // By their pids, so that a thousand which were found at once are not read again at once.
    const due = looks <= YOUNG_LOOKS || (this.#look + pid) % SELDOM === 0;
    const particulars = same === null || due ? this.#figures.particulars(pid) : same.particulars;
    if (particulars === null) this.#known.delete(pid);
    else this.#known.set(pid, { particulars, elapsed, looks });
    return particulars;
  }

  #forget(asked: ReadonlySet<Pid>): void {
    this.#look += 1;
    const now = performance.now();
    for (const pid of this.#known.keys()) if (!asked.has(pid)) this.#known.delete(pid);
    for (const [pid, until] of this.#estranged) {
      if (until > now) continue;
      this.#estranged.delete(pid);
      this.#figures.forget(pid);
    }
    const lost = new Set([...this.#lost].flatMap(([pid, until]) => (until > now ? [] : [pid])));
    if (lost.size === 0) return;
    for (const pid of lost) this.#lost.delete(pid);
    closeDescriptors(lost);
  }
}

async function measure(pids: readonly Pid[]): Promise<Measured> {
  if (pids.length === 0) return {};
  try {
    return await pidusage([...pids], { maxage: FORGETS_AFTER, usePs: false });
  } catch (cause) {
    // One process alone that is gone is an error; among others it is only missing.
    if (["ENOENT", "ESRCH", "EACCES"].includes(codeOf(cause))) return {};
    throw cause;
  }
}

function withTheirs(found: ReadonlyMap<Pid, ProcessInfo>, pid: Pid, children: readonly Pid[]): readonly [Pid, ProcessInfo][] {
  const info = found.get(pid);
  if (info === undefined) return [];
  return [[pid, children.length === 0 ? info : { ...info, children: children.flatMap((child) => found.get(child) ?? []) }]];
}

/** Closes what was left open of these processes; none of them has been asked about since. */
function closeDescriptors(pids: ReadonlySet<Pid>): void {
  for (const fd of readdirSync("/proc/self/fd").map(Number)) {
    const pid = /^\/proc\/(\d+)\/stat$/.exec(linkOf(fd))?.[1];
    if (pid !== undefined && pids.has(Number(pid))) closeSync(fd);
  }
}

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}
