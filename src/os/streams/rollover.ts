/** When a file is full, and what becomes of it then: the rule by size, as logrotate and Circus number files. */
import { access, rename, unlink } from "node:fs/promises";

export interface FileState {
  readonly size: number;
  /** The last byte is no line end. */
  readonly midLine: boolean;
}

/** A rule for starting a new file. Files begin and end with whole lines. */
export interface Rollover {
  /** How many of the leading bytes belong into the file as it is; 0 asks to roll it over first. */
  share(bytes: Buffer, file: FileState, epoch: number): number;
  /** Takes the file out of the way; `truncate` when it stays and begins anew. Rejects with the system's error. */
  roll(path: string, epoch: number): Promise<"moved" | "truncate">;
}

export interface SizeRule {
  /** A file stays below this many bytes, unless one line alone is longer. */
  readonly maxBytes: number;
  /** Files kept as `.1`, `.2`…; with 0 the file itself is emptied. */
  readonly backupCount: number;
}

const NEWLINE = 10;

export function sizeRollover(rule: SizeRule): Rollover {
  return {
    share: (bytes, file) => sizeShare(bytes, file, rule.maxBytes),
    roll: async (path) => {
      if (rule.backupCount === 0) return "truncate";
      for (let index = rule.backupCount - 1; index > 0; index--) await moveIfThere(`${path}.${index}`, `${path}.${index + 1}`);
      await moveIfThere(path, `${path}.1`);
      return "moved";
    },
  };
}

function sizeShare(bytes: Buffer, file: FileState, maxBytes: number): number {
  const room = maxBytes - 1 - file.size;
  if (bytes.length <= room) return bytes.length;
  const wholeLines = room > 0 ? bytes.lastIndexOf(NEWLINE, room - 1) + 1 : 0;
  if (wholeLines > 0) return wholeLines;
  if (file.size > 0 && !file.midLine) return 0;
  return toLineEnd(bytes);
}

/** Up to and with the first line end, or everything where there is none. */
export function toLineEnd(bytes: Buffer): number {
  return bytes.indexOf(NEWLINE) + 1 || bytes.length;
}

/** Moves a file over another one; nothing happens where there is none. */
export async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

export async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
