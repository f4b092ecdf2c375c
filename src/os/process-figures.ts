/**
 * What `stats` and `top` show of living processes, from a few files of /proc each: an open, a read and a close per
 * file, so that a hundred processes take a few milliseconds.
 */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { basename } from "node:path";
import type { Pid, ProcessInfo } from "../core/ports.js";
import type { Native } from "./native.js";
import type { ProcStat, ProcTable } from "./proc-table.js";

/** Linux reports times to programs in hundredths of a second, whatever its own clock does. */
const TICKS_PER_SECOND = 100;
/** Looks older than this many milliseconds may be forgotten when there are many. */
const OLD_LOOK = 60_000;
const MANY_LOOKS = 4096;

interface Look {
  readonly start: number;
  readonly ticks: number;
  /** Milliseconds of the monotonic clock. */
  readonly at: number;
}

/** What seldom changes while a process lives: whoever looks every second need not read it each time. */
export type Particulars = Pick<ProcessInfo, "cmdline" | "username" | "nice" | "vms" | "createTime">;

export class ProcessFigures {
  readonly #native: Native;
  readonly #table: ProcTable;
  readonly #pageSize: number;
  readonly #bootTime: number;
  readonly #memory = totalmem();
  readonly #looks = new Map<Pid, Look>();
  readonly #usernames = new Map<number, string>();

  constructor(native: Native, table: ProcTable) {
    this.#native = native;
    this.#table = table;
    this.#pageSize = native.pageSize();
    this.#bootTime = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1] ?? 0);
  }

  /** @returns null when the process has gone or is a zombie that nobody could look into */
  read(pid: Pid, children: readonly Pid[]): ProcessInfo | null {
    const stat = this.#table.stat(pid);
    if (stat === null) return null;
    const rss = stat.residentPages * this.#pageSize;
    const ticks = stat.userTicks + stat.systemTicks;
    return {
      pid,
      ...this.#particulars(stat),
      rss,
      memPercent: this.memPercent(rss),
      cpuSeconds: ticks / TICKS_PER_SECOND,
      cpuPercent: this.#cpuPercent(stat, ticks),
      children: children.flatMap((child) => this.read(child, []) ?? []),
    };
  }

  /** @returns null as `read` does */
  particulars(pid: Pid): Particulars | null {
    const stat = this.#table.stat(pid);
    return stat === null ? null : this.#particulars(stat);
  }

  /** The share of this machine's memory in percent. */
  memPercent(rss: number): number {
    return (100 * rss) / this.#memory;
  }

  forget(pid: Pid): void {
    this.#looks.delete(pid);
  }

  #particulars({ pid, nice, virtual, start }: ProcStat): Particulars {
    return {
      cmdline: this.#cmdline(pid),
      username: this.#username(pid),
      nice,
      vms: virtual,
      createTime: this.#bootTime + start / TICKS_PER_SECOND,
    };
  }

  #cpuPercent({ pid, start }: ProcStat, ticks: number): number {
    const at = performance.now();
    const last = this.#looks.get(pid);
    this.#looks.delete(pid);
    this.#looks.set(pid, { start, ticks, at });
    if (this.#looks.size > MANY_LOOKS) this.#forgetOld(at);
    if (last?.start !== start || at <= last.at) return 0;
    return (100 * ((ticks - last.ticks) / TICKS_PER_SECOND)) / ((at - last.at) / 1000);
  }

  /** A map keeps the order in which keys came, so the oldest looks stand first. */
  #forgetOld(now: number): void {
    for (const [pid, { at }] of this.#looks) {
      if (now - at < OLD_LOOK) return;
      this.#looks.delete(pid);
    }
  }

  /** The base name of the program alone, as Circus shows it; a title set by the process counts to its first blank. */
  #cmdline(pid: Pid): string {
    const program = this.#table.read(`/proc/${pid}/cmdline`)?.split("\0", 1)[0];
    const name = basename(
      decode(program ?? "")
        .trim()
        .split(/\s+/, 1)[0] ?? "",
    );
    return name === "" ? "N/A" : name;
  }

  #username(pid: Pid): string {
    const uid = Number(/^Uid:\t(\d+)/m.exec(this.#table.read(`/proc/${pid}/status`) ?? "")?.[1] ?? Number.NaN);
    if (Number.isNaN(uid)) return "N/A";
    const known = this.#usernames.get(uid);
    if (known !== undefined) return known;
    const name = this.#native.userById(uid)?.name ?? String(uid);
    this.#usernames.set(uid, name);
    return name;
  }
}

function decode(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
