/** Runs one program to its end, with a time limit, its output read line by line. It knows nothing of hooks. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Environment } from "../core/spec.js";

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly workingDir: string | null;
  /** Text for its stdin; null is /dev/null. */
  readonly input: string | null;
  /** Milliseconds, at most those of a timer. */
  readonly timeout: number;
  /** Called with the output as it comes, as often as there is some. */
  readonly output: (stream: "stdout" | "stderr", text: string) => void;
}

export type ProgramEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "signalled"; readonly signal: string }
  /** It could not be started; the reason. */
  | { readonly kind: "failed"; readonly reason: string }
  /** It took too long, and its process group was killed. */
  | { readonly kind: "timedOut" };

/** A process that the program left behind may hold its output open: so long is waited for the last of it. */
const LAST_OUTPUT_MS = 100;

/**
 * Runs the program in a process group of its own. Never rejects.
 * @example `const end = await runProgram({ program: "/bin/true", args: [], env: {}, workingDir: null, input: null, timeout: 5000, output: () => undefined })`
 */
export function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = start(run);
    if (typeof child === "string") {
      resolve({ kind: "failed", reason: child });
      return;
    }
    const deadline = setTimeout(() => {
      killGroup(child);
      finish({ kind: "timedOut" });
    }, run.timeout);
    let lastOutput: NodeJS.Timeout | undefined;
    let finished = false;
    const finish = (end: ProgramEnd): void => {
      finished = true;
      clearTimeout(deadline);
      clearTimeout(lastOutput);
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.stdin?.destroy();
      resolve(end);
    };

    for (const stream of ["stdout", "stderr"] as const) read(child[stream], (text) => run.output(stream, text));
    // A program that does not read its stdin is in its rights.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(run.input ?? "");
    child.on("error", (error) => finish({ kind: "failed", reason: explain(error, run) }));
    child.on("exit", (code, signal) => {
      if (finished) return;
      clearTimeout(deadline);
      const end: ProgramEnd = code === null ? { kind: "signalled", signal: signal ?? "a signal" } : { kind: "exited", code };
      lastOutput = setTimeout(finish, LAST_OUTPUT_MS, end);
      child.on("close", () => finish(end));
    });
  });
}

/** Node throws for arguments that no program can have, such as those with a NUL. */
function start(run: ProgramRun): ChildProcess | string {
  try {
    return spawn(run.program, run.args, {
      cwd: run.workingDir ?? undefined,
      env: { ...run.env },
      detached: true,
      stdio: [run.input === null ? "ignore" : "pipe", "pipe", "pipe"],
    });
  } catch (error) {
    return explain(error, run);
  }
}

function read(stream: Readable | null, text: (text: string) => void): void {
  const decoder = new StringDecoder("utf8");
  stream?.on("data", (chunk: Buffer) => text(decoder.write(chunk)));
  stream?.on("end", () => text(decoder.end()));
  stream?.on("error", () => undefined);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All of the group are gone already.
  }
}

function explain(error: unknown, run: ProgramRun): string {
  if (!(error instanceof Error)) return String(error);
  switch ("code" in error ? error.code : "") {
    case "ENOENT":
      if (run.workingDir !== null && !existsSync(run.workingDir)) return `no such directory "${run.workingDir}"`;
      if (isAbsolute(run.program) && existsSync(run.program)) return `the interpreter in the first line of "${run.program}" does not exist`;
      return `no such program "${run.program}"; write its absolute path, or set PATH in the watcher's env`;
    case "EACCES":
      return `"${run.program}" cannot be executed by this user; make it executable with chmod +x`;
    default:
      return error.message;
  }
}
