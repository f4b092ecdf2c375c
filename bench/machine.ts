/** What the kernel says of a process and of the machine. */
import { readFileSync, readdirSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";

export function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${memory} GiB, Node ${process.versions.node}, load ${load().toFixed(1)}`;
}

/** Mean number of runnable tasks in the last minute. */
export function load(): number {
  return loadavg()[0] ?? 0;
}

/** Seconds of processor time that all threads of a process have had, to the nanosecond. */
export function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]));
  return spent.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e9;
}

export interface Memory {
  /** MiB of all pages that the process has in memory. */
  readonly rss: number;
  /** MiB, where pages that several processes share count in part. */
  readonly pss: number;
}

export function memory(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { rss: field("Rss"), pss: field("Pss") };
}

export function countChildren(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").length - 1;
}
