/**
 * Finds the program file of a command as execvp(3) does in the worker, and tells why one cannot be executed in words
 * that exec's errno alone does not give.
 */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { fail, succeed, type Result } from "../core/result.js";

/** Where programs are searched when the worker's environment has no PATH: an empty environment still finds `sleep`. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface ExecFailure {
  readonly code: string;
  readonly message: string;
}

interface Search {
  /** PATH of the worker, undefined where its environment has none. */
  readonly path: string | undefined;
  /** The directory the worker starts in; null is our own. */
  readonly directory: string | null;
}

/**
 * Resolves a program name. One with a slash is taken as it is, relative to the worker's directory.
 *
 * @returns the path to hand to exec, or ENOENT, or EACCES where there was a file but none that may be executed
 */
export function findProgram(name: string, { path, directory }: Search): Result<string, ExecFailure> {
  if (name === "") return fail({ code: "ENOENT", message: "the command is empty" });
  if (name.includes("/")) return succeed(name);
  let refused: string | null = null;
  for (const place of (path ?? DEFAULT_PATH).split(":")) {
    const candidate = `${place === "" ? "." : place}/${name}`;
    const mode = modeOf(candidate, directory);
    if (mode === null) continue;
    if ((mode & 0o111) !== 0) return succeed(candidate);
    refused ??= candidate;
  }
  if (refused !== null) return fail({ code: "EACCES", message: `"${refused}" is not executable: chmod +x it` });
  const where = path === undefined ? `the default PATH "${DEFAULT_PATH}"` : `PATH "${path}"`;
  return fail({ code: "ENOENT", message: `no program "${name}" in ${where}` });
}

/**
 * Why a program cannot be executed, to be asked under the worker's identity; null where there is no reason to be seen.
 */
export function whyNotExecutable(program: string, directory: string | null): ExecFailure | null {
  const file = inDirectory(program, directory);
  try {
    const found = statSync(file);
    if (!found.isFile()) return { code: "EACCES", message: `"${program}" is not a file` };
    accessSync(file, constants.X_OK);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { code, message: `no such file "${program}"` };
    return { code, message: `"${program}" is not executable: check its mode and the directories above it` };
  }
  const interpreter = interpreterOf(file);
  if (interpreter === null || modeOf(interpreter, directory) !== null) return null;
  return { code: "ENOENT", message: `no such interpreter "${interpreter}", which the first line of "${program}" names` };
}

/** What exec's errno means for that program. */
export function explainExec(code: string, program: string, directory: string | null): ExecFailure {
  const seen = whyNotExecutable(program, directory);
  if (seen !== null) return { code, message: seen.message };
  if (code === "ENOEXEC") return { code, message: `"${program}" is in no format that can be executed: is its "#!" line missing?` };
  if (code === "E2BIG") return { code, message: `arguments and environment of "${program}" are too long together` };
  if (code === "ENOENT") return { code, message: `"${program}" needs a loader that does not exist: was it built for another system?` };
  if (code === "ETXTBSY") return { code, message: `"${program}" is being written by another process` };
  return { code, message: `"${program}" cannot be executed (${code})` };
}

function interpreterOf(file: string): string | null {
  try {
    const fd = openSync(file, "r");
    try {
      const head = Buffer.alloc(256);
      const size = readSync(fd, head, 0, head.length, 0);
      return /^#![ \t]*([^ \t\n]+)/.exec(head.toString("latin1", 0, size))?.[1] ?? null;
    } finally {
      closeSync(fd);
    }
  } catch {
    // A program may be executable without being readable; then there is no first line to look at.
    return null;
  }
}

/** Permission bits of a regular file, or null where there is none. */
function modeOf(file: string, directory: string | null): number | null {
  try {
    const found = statSync(inDirectory(file, directory), { throwIfNoEntry: false });
    return found?.isFile() ? found.mode & 0o777 : null;
  } catch {
    return null;
  }
}

function inDirectory(file: string, directory: string | null): string {
  return isAbsolute(file) || directory === null ? file : resolve(directory, file);
}

/** The errno name of what Node's file calls throw. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "EIO";
}
