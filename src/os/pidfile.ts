/** The file that says which process is the daemon, so that a second one is not started by mistake. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { fail, succeed, type Result } from "../core/result.js";

export interface Pidfile {
  readonly path: string;
  /** Removes the file if it still names this process; never throws. */
  release(): void;
}

/**
 * Writes this process's pid, atomically: a reader sees the old file or the whole new one. A file whose process is
 * gone, or that holds no pid, is replaced; one of a living process is a failure.
 * @example `const claimed = claimPidfile("/run/circusd.pid"); if (!claimed.ok) console.error(claimed.failure)`
 */
export function claimPidfile(path: string): Result<Pidfile, string> {
  const own: Pidfile = { path, release: () => release(path) };
  const draft = `${path}.${process.pid}`;
  try {
    const living = livingOwner(path);
    if (living === process.pid) return succeed(own);
    if (living !== null) return fail(occupied(path, living));
    writeDraft(draft);
    if (linkUnlessThere(draft, path)) {
      rmSync(draft, { force: true });
      return succeed(own);
    }
    /* Something stands there: a stale file, or another daemon that was quicker. */
    const rival = livingOwner(path);
    if (rival !== null) {
      rmSync(draft, { force: true });
      return fail(occupied(path, rival));
    }
    renameSync(draft, path);
    return succeed(own);
  } catch (error) {
    removeQuietly(draft);
    return fail(`Cannot write pid file "${path}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function occupied(path: string, pid: number): string {
  return `Cannot start: process ${pid} of pid file "${path}" is alive; stop it, or remove the file if it is no circusd`;
}

function writeDraft(draft: string): void {
  const fd = openSync(draft, "w", 0o644);
  try {
    writeSync(fd, `${process.pid}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** link(2) is the step that only one of two daemons started together can make. */
function linkUnlessThere(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    /* A file system without hard links: rename is next best. */
    if (codeOf(error) === "EPERM" || codeOf(error) === "EOPNOTSUPP") return false;
    throw error;
  }
}

function livingOwner(path: string): number | null {
  const pid = readPid(path);
  return pid !== null && isAlive(pid) ? pid : null;
}

function readPid(path: string): number | null {
  try {
    const text = readFileSync(path, "utf8").trim();
    return /^[1-9]\d*$/.test(text) ? Number(text) : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    /* EPERM tells of a living process of another user. */
    return codeOf(error) === "EPERM";
  }
}

/** In a container whose first process reaps nobody, a killed daemon stays as a zombie for ever. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function release(path: string): void {
  try {
    if (readPid(path) === process.pid) rmSync(path, { force: true });
  } catch {
    return;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    return;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : null;
}
