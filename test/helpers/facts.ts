/** Facts about processes as the kernel tells them, and a way to wait for those that no event announces. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** How long a fact is waited for before the test fails, in milliseconds. */
const PATIENCE = 20_000;
const LOOK_AGAIN = 10;

/**
 * Reads again and again until what was read will do.
 * @throws with the last thing read when it never does
 */
export async function eventually<T>(read: () => T | Promise<T>, willDo: (value: T) => boolean): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const value = await read();
    if (willDo(value)) return value;
    if (performance.now() > end) throw new Error(`Waited in vain; at last it was ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }
}

/** The text of a file once it matches. */
export function fileWith(path: string, pattern: RegExp): Promise<string> {
  return eventually(
    () => readFile(path, "utf8").catch(() => ""),
    (text) => pattern.test(text),
  );
}

/** The variables that a process was started with. */
export function environmentOf(pid: number): Record<string, string> {
  const entries = words(pid, "environ").map((entry): [string, string] => [
    entry.slice(0, entry.indexOf("=")),
    entry.slice(entry.indexOf("=") + 1),
  ]);
  return Object.fromEntries(entries);
}

/** The argument vector of a process. */
export function commandOf(pid: number): readonly string[] {
  return words(pid, "cmdline");
}

function words(pid: number, file: string): readonly string[] {
  const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
  return text === "" ? [] : text.replace(/\0$/, "").split("\0");
}

/** A line of /proc/PID/status, such as `Umask`, as its words. */
export function statusOf(pid: number, name: string): readonly string[] {
  const line = readFileSync(`/proc/${pid}/status`, "utf8")
    .split("\n")
    .find((text) => text.startsWith(`${name}:`));
  return (
    line
      ?.slice(name.length + 1)
      .trim()
      .split(/\s+/) ?? []
  );
}

/** Soft and hard limit of open files. */
export function fileLimitsOf(pid: number): readonly string[] {
  const [, soft = "", hard = ""] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8")) ?? [];
  return [soft, hard];
}

/** The leader of the session that a process is in. */
export function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
}

/** Where a link under /proc/PID leads: `cwd`, `fd/0`. */
export function linkOf(pid: number, name: string): string {
  return readlinkSync(`/proc/${pid}/${name}`);
}

/** How many descriptors a process has open. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Resident memory in bytes. */
export function memoryOf(pid: number): number {
  return Number(statusOf(pid, "VmRSS")[0]) * 1024;
}

/** How many threads a process has, which count as processes of its user. */
export function threadsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

/** Sends a signal to one process. Pid 0 would be the whole group of whoever runs the tests, -1 the whole machine. */
export function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || pid <= 1) throw new Error(`no process to send ${signal} to`);
  process.kill(pid, signal);
}
