/** Figures of processes in the form that Circus gives them, and back. */
import type { ProcessInfo } from "../core/ports.js";
import type { ProcessStats } from "./contract.js";

/** What Circus says of a process that died between the list and the look. */
export const GONE = "No such process (stopped?)";

/** Of bytes, from the first that is not the byte. */
const UNITS = ["K", "M", "G", "T", "P"];

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
  if (bytes < 1024) return `${bytes}B`;
  const power = Math.min(UNITS.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(2)}${UNITS[power - 1] ?? ""}`;
}

/** Minutes, seconds and hundredths as Circus writes them, the last without a leading zero: `0:00.0`. */
export function clockTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds - minutes * 60;
  const whole = Math.floor(rest);
  return `${minutes}:${String(whole).padStart(2, "0")}.${Math.floor((rest - whole) * 100)}`;
}

/** Reads a size as Circus writes it, such as `1.77M`; 0 where it is none. */
export function bytesOf(text: string): number {
  const [, number, unit = "B"] = /^([\d.]+)([KMGTP])?B?$/.exec(text) ?? [];
  return number === undefined ? 0 : Number(number) * 1024 ** ["B", ...UNITS].indexOf(unit) || 0;
}

/** Reads a time as Circus writes it, `minutes:seconds.hundredths` where nothing is padded; 0 where it is none. */
export function secondsOf(text: string): number {
  const [, minutes, seconds, hundredths = "0"] = /^(\d+):(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  return minutes === undefined ? 0 : Number(minutes) * 60 + Number(seconds) + Number(hundredths) / 100;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
