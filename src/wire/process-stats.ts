/** Figures of processes in the form that Circus gives them. */
import type { ProcessInfo } from "../core/ports.js";
import type { ProcessStats } from "./contract.js";

/** What Circus says of a process that died between the list and the look. */
export const GONE = "No such process (stopped?)";

/** @param now seconds since the epoch */
export function processStats(info: ProcessInfo, now: number): ProcessStats {
  return {
    mem_info1: humanSize(info.rss),
    mem_info2: humanSize(info.vms),
    cpu: round(info.cpuPercent, 1),
    mem: round(info.memPercent, 3),
    ctime: clockTime(info.cpuSeconds),
    pid: info.pid,
    username: info.username,
    nice: info.nice,
    create_time: info.createTime,
    age: now - info.createTime,
    cmdline: info.cmdline,
    rss: info.rss,
    vms: info.vms,
    cpu_seconds: info.cpuSeconds,
    children: info.children.map((child) => processStats(child, now)),
  };
}

/** `1.77M`: two digits, in the largest unit that gives 1 or more; bytes as `512B`. */
export function humanSize(bytes: number): string {
  const units = ["K", "M", "G", "T", "P"];
  if (bytes < 1024) return `${bytes}B`;
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(2)}${units[power - 1] ?? ""}`;
}

/** Minutes, seconds and hundredths as Circus writes them, the last without a leading zero: `0:00.0`. */
export function clockTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds - minutes * 60;
  const whole = Math.floor(rest);
  return `${minutes}:${String(whole).padStart(2, "0")}.${Math.floor((rest - whole) * 100)}`;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
