/**
 * The programs of process elements, on the host that runs the workers too: spawned, reaped and ended by tree like them.
 * What becomes of their output is decided by who listens.
 */
import type { Program, ProgramListener, ProgramOutput, Programs, RunningProgram } from "../core/circuit/process-port.js";
import type { Clock, Exit, Pid, PipePlan, ProcessHost, SpawnFailure, SpawnPlan } from "../core/ports.js";
import { succeed, type Result } from "../core/result.js";
import type { Environment } from "../core/spec.js";
import { PipeInput } from "./element-input.js";
import { PipeOutput } from "./element-output.js";
import { loadStops, type LookForStop } from "./native-stops.js";
import { findProgram } from "./program.js";
import { READ_SIZE, Source, type Later } from "./streams/source.js";

export interface ProgramsContext {
  readonly host: Pick<ProcessHost, "spawn" | "signal" | "signalTree" | "release">;
  /** What a program inherits: our own environment, without what was meant for us alone. */
  readonly env: Environment;
  readonly clock: Clock;
}

/** Milliseconds for which a program that writes many small pieces is left alone. */
const BREATH = 1;

/** @example `const programs = systemPrograms({ host, env: ownEnvironment(), clock: systemClock() })` */
export function systemPrograms({ host, env, clock }: ProgramsContext): Programs {
  const look = loadStops();
  const buffer = Buffer.allocUnsafeSlow(READ_SIZE);
  const later: Later = (run) => void clock.after(BREATH, run);

  return {
    start: async <L extends ProgramListener>(
      program: Program,
      attend: (running: RunningProgram) => L,
    ): Promise<Result<L, SpawnFailure>> => {
      let listener: ProgramListener | null = null;
      const [stdin, stdout, stderr] = [new PipeEnd(), new PipeEnd(), new PipeEnd()];
      const plan = { ...planOf(program, env), stdin: stdin.plan, stdout: stdout.plan, stderr: stderr.plan };
      const started = await host.spawn(plan, {
        exited: (exit: Exit, leftovers: boolean) => listener?.exited(exit, leftovers),
        emptied: () => listener?.emptied(),
      });
      if (!started.ok) return started;
      const read = (end: PipeEnd, stream: "stdout" | "stderr"): PipeOutput => {
        const onEnd = (): void => {
          output.ended();
          listener?.outputEnded(stream);
        };
        const source = new Source(end.fd, { buffer, later, onChunk: (chunk) => listener?.output(stream, chunk), onEnd });
        const output = new PipeOutput(source, clock);
        return output;
      };
      const pipes = { stdin: new PipeInput(stdin.fd), stdout: read(stdout, "stdout"), stderr: read(stderr, "stderr") };
      const attended = attend(runningProgram({ host, look, pid: started.value }, pipes));
      listener = attended;
      return succeed(attended);
    },
  };
}

interface Handle {
  readonly host: ProgramsContext["host"];
  readonly look: LookForStop;
  readonly pid: Pid;
}

interface Pipes {
  readonly stdin: PipeInput;
  readonly stdout: ProgramOutput;
  readonly stderr: ProgramOutput;
}

function runningProgram({ host, look, pid }: Handle, pipes: Pipes): RunningProgram {
  return {
    pid,
    ...pipes,
    halted: () => look(pid),
    signal: (signal) => host.signal(pid, signal),
    signalTree: (signal) => void host.signalTree(pid, signal),
    release: () => host.release(pid),
  };
}

/** The descriptor that the spawner hands over. */
class PipeEnd {
  readonly plan: PipePlan = { kind: "pipe", attach: (fd) => void (this.#fd = fd) };
  #fd: number | null = null;

  get fd(): number {
    if (this.#fd === null) throw new Error("internal: a program was started without its pipes");
    return this.#fd;
  }
}

function planOf({ path, args, env, dir }: Program, own: Environment): Omit<SpawnPlan, "stdin" | "stdout" | "stderr"> {
  return {
    watcher: path,
    wid: 0,
    argv: [path, ...args],
    executable: env === null || env["PATH"] !== undefined ? null : inOwnPath(path, own, dir),
    workingDir: dir,
    env: env ?? own,
    uid: null,
    gid: null,
    limits: {},
    sockets: [],
  };
}

/** A program for an environment without PATH is looked for in ours; null leaves it to the spawner, which says what is missing. */
function inOwnPath(name: string, own: Environment, directory: string | null): string | null {
  if (name.includes("/")) return null;
  const found = findProgram(name, { path: own["PATH"], directory, refusal: () => null });
  return found.ok ? found.value : null;
}
