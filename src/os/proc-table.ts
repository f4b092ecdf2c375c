/**
 * Reads the kernel's table of processes: who is whose child, of which session, since when. Only what tells processes
 * apart and links them; figures such as memory are `process-figures.ts`.
 */
import { closeSync, existsSync, openSync, readSync, readdirSync } from "node:fs";
import type { Pid } from "../core/ports.js";

/** The fields of /proc/PID/stat that are used here; times are in clock ticks of 1/100 s. */
export interface ProcStat {
  readonly pid: Pid;
  /** `Z` is a zombie; `X` is on its way out. */
  readonly state: string;
  readonly parent: Pid;
  readonly group: Pid;
  readonly session: Pid;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly nice: number;
  /** Ticks from boot to the start of the process: with the pid it names a process for good. */
  readonly start: number;
  /** Bytes. */
  readonly virtual: number;
  readonly residentPages: number;
}

export class ProcTable {
  readonly #buffer = Buffer.allocUnsafe(64 * 1024);
  /** Kernels built without CONFIG_PROC_CHILDREN have no lists of children. */
  readonly #listsChildren = existsSync(`/proc/self/task/${process.pid}/children`);
  /** One reading of all processes serves all who ask within the same turn of the event loop. */
  #everyone: readonly ProcStat[] | null = null;
  #orphans: readonly ProcStat[] | null = null;

  /** @returns null when there is no such process */
  stat(pid: Pid): ProcStat | null {
    const text = this.read(`/proc/${pid}/stat`);
    return text === null ? null : parseStat(text);
  }

  /** Whether exactly this process still runs; a zombie does not. */
  runs(pid: Pid, start: number): boolean {
    const stat = this.stat(pid);
    return stat !== null && stat.start === start && isAlive(stat);
  }

  /** Direct children of all threads of a process, zombies among them. */
  children(pid: Pid): readonly Pid[] {
    if (!this.#listsChildren) return this.#childrenByScan(pid);
    let tasks: readonly string[];
    try {
      tasks = readdirSync(`/proc/${pid}/task`);
    } catch {
      return [];
    }
    const found: Pid[] = [];
    for (const task of tasks) {
      const text = this.read(`/proc/${pid}/task/${task}/children`);
      for (const word of text?.split(" ") ?? []) if (word !== "") found.push(Number(word));
    }
    return found;
  }

  /** All living descendants, nearest first. */
  descendants(pid: Pid): readonly ProcStat[] {
    const found: ProcStat[] = [];
    const seen = new Set([pid]);
    const queue = [pid];
    for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
      for (const child of this.children(parent)) {
        if (seen.has(child)) continue;
        seen.add(child);
        const stat = this.stat(child);
        if (stat === null || !isAlive(stat)) continue;
        found.push(stat);
        queue.push(child);
      }
    }
    return found;
  }

  /** Living children of this process but those that are accounted for; read once per turn of the event loop. */
  orphans(accounted: (pid: Pid) => boolean): readonly ProcStat[] {
    this.#orphans ??= this.#forThisTurn(this.#stats(this.children(process.pid).filter((pid) => !accounted(pid))).filter(isAlive));
    return this.#orphans;
  }

  /** Every process of the machine, read once per turn of the event loop. Costs some 10 µs per process. */
  everyone(): readonly ProcStat[] {
    this.#everyone ??= this.#forThisTurn(this.#scan());
    return this.#everyone;
  }

  /** @returns the whole text of a file of /proc, or null when it cannot be read */
  read(path: string): string | null {
    let fd: number;
    try {
      fd = openSync(path, "r");
    } catch {
      return null;
    }
    try {
      let text = "";
      for (;;) {
        const size = readSync(fd, this.#buffer, 0, this.#buffer.length, null);
        text += this.#buffer.toString("latin1", 0, size);
        // Files of /proc end where a read gives nothing; a short read alone means no more than a full page.
        if (size < 2048) return text;
      }
    } catch {
      return null;
    } finally {
      closeSync(fd);
    }
  }

  /** Forgets what was read in this turn. */
  refresh(): void {
    this.#everyone = null;
    this.#orphans = null;
  }

  #forThisTurn<T>(value: T): T {
    setImmediate(() => this.refresh());
    return value;
  }

  #scan(): readonly ProcStat[] {
    return this.#stats(
      readdirSync("/proc")
        .filter((name) => /^[1-9]/.test(name))
        .map(Number),
    );
  }

  #stats(pids: readonly Pid[]): readonly ProcStat[] {
    return pids.flatMap((pid) => this.stat(pid) ?? []);
  }

  #childrenByScan(pid: Pid): readonly Pid[] {
    return this.#scan().flatMap((stat) => (stat.parent === pid ? [stat.pid] : []));
  }
}

/** Neither a zombie nor on its way out. */
export function isAlive(stat: ProcStat): boolean {
  return stat.state !== "Z" && stat.state !== "X";
}

/**
 * Reads one line of /proc/PID/stat. The name in brackets may hold anything, brackets and line ends too, so the
 * fields are counted from the last bracket.
 *
 * @returns null where the line is not of that form
 */
export function parseStat(line: string): ProcStat | null {
  const end = line.lastIndexOf(")");
  if (end < 0) return null;
  const fields = line.slice(end + 2).split(" ");
  const number = (position: number): number => Number(fields[position - 3]);
  const state = fields[0];
  if (state === undefined || fields.length < 22) return null;
  return {
    pid: Number.parseInt(line, 10),
    state,
    parent: number(4),
    group: number(5),
    session: number(6),
    userTicks: number(14),
    systemTicks: number(15),
    nice: number(19),
    start: number(22),
    virtual: number(23),
    residentPages: number(24),
  };
}
