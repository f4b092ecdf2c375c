/**
 * A file as a log target: appended to, opened anew when it was moved or removed, rotated by size where that is asked
 * for. A full disk or a lost directory costs lines, which are counted and told, and nothing else.
 */
import { closeSync, fstatSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { fail, succeed, type Result } from "../../core/result.js";
import type { Sink } from "./sink.js";

export interface LogFile {
  readonly path: string;
  readonly maxBytes: number;
  readonly backupCount: number;
  readonly truncate: boolean;
}

/** Opens the file now, so that a wrong path is known before anything is started. */
export function fileSink(file: LogFile): Result<Sink, string> {
  const first = tryOpen(file.path, file.truncate ? "w" : "a");
  if (!first.ok) return fail(`Cannot open log file "${file.path}": ${first.failure}`);
  let fd: number | null = first.value;
  let lost = 0;

  function shut(): void {
    const old = fd;
    fd = null;
    if (old !== null) closeQuietly(old);
  }

  function ready(): number | null {
    if (fd !== null && !isAt(fd, file.path)) shut();
    if (fd === null) {
      const opened = tryOpen(file.path, "a");
      fd = opened.ok ? opened.value : null;
    }
    return fd;
  }

  function makeRoom(length: number): void {
    if (file.maxBytes <= 0 || fd === null) return;
    const { size } = fstatSync(fd);
    if (size === 0 || size + length <= file.maxBytes) return;
    shut();
    shift(file.path, file.backupCount);
  }

  function append(text: string): boolean {
    const bytes = Buffer.from(`${text}\n`);
    try {
      if (ready() === null) return false;
      makeRoom(bytes.length);
      const target = ready();
      if (target === null) return false;
      return writeAll(target, bytes);
    } catch {
      return false;
    }
  }

  return succeed({
    write(line: string) {
      if (lost > 0 && append(`(${lost} log lines lost: "${file.path}" could not be written)`)) lost = 0;
      if (!append(line)) lost += 1;
    },
    reopen: shut,
    close() {
      shut();
      return Promise.resolve();
    },
  });
}

/** On a network file system closing may report a write that failed earlier; nothing can be done about it here. */
function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    return;
  }
}

function tryOpen(path: string, flags: "a" | "w"): Result<number, string> {
  try {
    return succeed(openSync(path, flags, 0o666));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function isAt(fd: number, path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return false;
  const here = fstatSync(fd);
  return here.ino === there.ino && here.dev === there.dev;
}

/** Numbers the older files up; without backups the file itself goes, or its limit would have no effect. */
function shift(path: string, backupCount: number): void {
  if (backupCount <= 0) return rmSync(path, { force: true });
  for (let number = backupCount - 1; number >= 1; number -= 1) move(`${path}.${number}`, `${path}.${number + 1}`);
  move(path, `${path}.1`);
}

function move(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}

function writeAll(fd: number, bytes: Buffer): boolean {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  return true;
}
