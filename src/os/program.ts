/**
 * Finds the program file of a command as execvp(3) does in the worker, and tells why one cannot be executed in words
 * that exec's errno alone does not give.
 */
import { accessSync, closeSync, constants, openSync, readSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { fail, succeed, type Result } from "../core/result.js";

/** Where programs are searched when the worker's environment has no PATH: an empty environment still finds `sleep`. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface ExecFailure {
  readonly code: string;
  readonly message: string;
}

/** From where and as whom a worker executes. */
export interface Place {
  /** The directory the worker starts in; null is our own. */
  readonly directory: string | null;
  /** Why another user, whom the worker becomes, may not execute a file; null where nothing is known against it. */
  readonly refusal: (file: string) => string | null;
}

interface Search extends Place {
  /** PATH of the worker, undefined where its environment has none. */
  readonly path: string | undefined;
}

/**
 * Resolves a program name. One with a slash is taken as it is, relative to the worker's directory.
 *
 * @returns the path to hand to exec, or ENOENT, or EACCES where there was a file but none that may be executed
 */
export function findProgram(name: string, { path, directory, refusal }: Search): Result<string, ExecFailure> {
  if (name === "") return fail({ code: "ENOENT", message: "the command is empty" });
  if (name.includes("/")) return succeed(name);
  let refused: string | null = null;
  for (const place of (path ?? DEFAULT_PATH).split(":")) {
    const candidate = `${place === "" ? "." : place}/${name}`;
    const mode = modeOf(candidate, directory);
    if (mode === null) continue;
    const why = (mode & 0o111) === 0 ? `"${candidate}" is not executable: chmod +x it` : refusal(candidate);
    if (why === null) return succeed(candidate);
    refused ??= why;
  }
  if (refused !== null) return fail({ code: "EACCES", message: refused });
  const where = path === undefined ? `the default PATH "${DEFAULT_PATH}"` : `PATH "${path}"`;
  return fail({ code: "ENOENT", message: `no program "${name}" in ${where}` });
}

/** Why a program cannot be executed; null where there is no reason to be seen. */
export function whyNotExecutable(program: string, { directory, refusal }: Place): ExecFailure | null {
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
  const refused = refusal(program);
  if (refused !== null) return { code: "EACCES", message: refused };
  const head = readHead(file);
  if (head === null) return null;
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(head)?.[1];
  if (interpreter === undefined) return isExecutableFormat(head) ? null : { code: "ENOEXEC", message: ofNoFormat(program) };
  const named = `which the first line of "${program}" names`;
  if (modeOf(interpreter, directory) === null) return { code: "ENOENT", message: `no such interpreter "${interpreter}", ${named}` };
  const forbidden = refusal(interpreter);
  return forbidden === null ? null : { code: "EACCES", message: `${forbidden}, ${named}` };
}

/** What exec's errno means for that program. */
export function explainExec(code: string, program: string, place: Place): ExecFailure {
  const seen = whyNotExecutable(program, place);
  if (seen !== null) return { code, message: seen.message };
  if (code === "ENOEXEC") return { code, message: ofNoFormat(program) };
  if (code === "E2BIG") return { code, message: `arguments and environment of "${program}" are too long together` };
  if (code === "ENOENT") return { code, message: `"${program}" needs a loader that does not exist: was it built for another system?` };
  if (code === "ETXTBSY") return { code, message: `"${program}" is being written by another process` };
  return { code, message: `"${program}" cannot be executed (${code})` };
}

function ofNoFormat(program: string): string {
  return `"${program}" is in no format that can be executed: is its "#!" line missing?`;
}

/** Tools that stand before a program would hand what exec refuses to a shell, which nobody asked for. */
function isExecutableFormat(head: string): boolean {
  return head.startsWith("\x7fELF") || head.startsWith("#!") || hasFurtherFormats();
}

/** Whether the kernel has been taught formats of which only it knows the marks (binfmt_misc). */
function hasFurtherFormats(): boolean {
  try {
    return readdirSync("/proc/sys/fs/binfmt_misc").some((name) => name !== "register" && name !== "status");
  } catch {
    return false;
  }
}

/** The beginning of a file; null where it may be executed without being readable. */
function readHead(file: string): string | null {
  try {
    const fd = openSync(file, "r");
    try {
      const head = Buffer.alloc(256);
      return head.toString("latin1", 0, readSync(fd, head, 0, head.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
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
