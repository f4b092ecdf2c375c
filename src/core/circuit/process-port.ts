/** Programs that are started with three pipes, as the process elements of a circuit need them: a port that `os` makes real. */
import type { Exit, OutputStreamName, Pid, SpawnFailure } from "../ports.js";
import type { Result } from "../result.js";
import type { Environment } from "../spec.js";

export interface Program {
  /** Absolute, relative to `dir`, or a name to be looked for in PATH of the environment, else of ours. It is argv[0] too. */
  readonly path: string;
  /** Without the program's own name. */
  readonly args: readonly string[];
  /** The whole environment; null is the one that this program was started with. */
  readonly env: Environment | null;
  /** Null is our own. */
  readonly dir: string | null;
}

/** What is told of a program after its start, never before `start` has resolved. */
export interface ProgramListener {
  /** The chunk is valid during the call alone. */
  output(stream: OutputStreamName, chunk: Uint8Array): void;
  /** Everybody who could write there has closed it. */
  outputEnded(stream: OutputStreamName): void;
  /** The program has ended; `leftovers` says that others of its tree still live, and that `emptied` follows. */
  exited(exit: Exit, leftovers: boolean): void;
  emptied(): void;
}

export interface ProgramInput {
  /** Resolves when the pipe has taken them all; false where nobody reads it any more, or it was closed. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Closes the pipe behind what was written. */
  end(): void;
  /** Closes it at once; what still waits is not taken. */
  close(): void;
}

export interface ProgramOutput {
  pause(): void;
  resume(): void;
  /** Hands over what is in the pipe now, at most about so many bytes, without waiting for more; also while it is paused. */
  poll(limit: number): void;
  /** Leaves alone for a moment what comes, which would only be dropped: to read it costs more than to let it wait. */
  rest?(): void;
}

export interface RunningProgram {
  readonly pid: Pid;
  readonly stdin: ProgramInput;
  readonly stdout: ProgramOutput;
  readonly stderr: ProgramOutput;
  /** Whether job control (SIGSTOP, SIGCONT) has changed it since the last look, and how it is after that. */
  halted(): "stopped" | "continued" | null;
  /** Sends to the program itself; the failure is an errno name. */
  signal(signal: number): Result<void, { readonly code: string }>;
  /** Sends to its whole tree; those who are left when it has ended, too. */
  signalTree(signal: number): void;
  /** Lets it live on by itself: nothing is told of it any more but its output. */
  release(): void;
}

/** Starts programs, each as the leader of a session of its own. */
export interface Programs {
  /**
   * A start that fails leaves nothing.
   * @param attend makes the listener of the program that has just been started
   */
  start<L extends ProgramListener>(program: Program, attend: (running: RunningProgram) => L): Promise<Result<L, SpawnFailure>>;
}
