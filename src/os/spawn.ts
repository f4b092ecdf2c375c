/**
 * Starts one worker from its plan, step by step, each failure naming its step. posix_spawn leaves no time in which
 * code of ours runs in the new process: all preparation is here, in the parent, and undone on every path.
 */
import { accessSync, constants, statSync } from "node:fs";
import type { Pid, SpawnFailure, SpawnPlan } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import { makeCommandLine, type CommandLine } from "./command-line.js";
import { Descriptors } from "./descriptors.js";
import { resolveIdentity, runAs, type Identity } from "./identity.js";
import { findPrlimit, planLimits, runRaised, type LimitPlan } from "./limits.js";
import type { ErrnoName, FileAction, Native } from "./native.js";
import { codeOf, explainExec, findProgram, whyNotExecutable } from "./program.js";

type Stage = SpawnFailure["stage"];

interface Trouble {
  readonly stage: Stage;
  readonly code: ErrnoName | null;
  readonly message: string;
}

/** All that is known about a start before the first descriptor is opened. */
interface Preparation {
  readonly line: CommandLine;
  readonly program: string;
  readonly identity: Identity | null;
  readonly limits: LimitPlan;
}

/** Errors of clone(2) and of a full table of files; the others come from exec, chdir or a descriptor. */
const OF_FORK: readonly ErrnoName[] = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"];

export class Spawner {
  readonly #native: Native;
  readonly #prlimit = findPrlimit();

  constructor(native: Native) {
    this.#native = native;
  }

  /**
   * Starts the worker and hands the read ends of its pipes to their channels.
   *
   * @param grow asks the kernel for large pipes
   */
  start(plan: SpawnPlan, grow: boolean): Result<Pid, SpawnFailure> {
    const prepared = this.#prepare(plan);
    if (!prepared.ok) return this.#report(plan, prepared.failure);
    const descriptors = new Descriptors(this.#native, grow);
    let started: Result<Pid, Trouble> | null = null;
    try {
      const trouble = descriptors.open(plan);
      started = trouble === null ? this.#launch(plan, prepared.value, descriptors.actions) : fail(trouble);
    } finally {
      if (started?.ok) descriptors.closeWorkerEnds();
      else descriptors.closeAll();
    }
    if (!started.ok) return this.#report(plan, started.failure);
    const writer = { pid: started.value, wid: plan.wid, watcher: plan.watcher };
    for (const { channel, fd } of descriptors.captures) channel.attach(fd, writer);
    return started;
  }

  #prepare(plan: SpawnPlan): Result<Preparation, Trouble> {
    const odd = [...plan.argv, ...Object.keys(plan.env), ...Object.values(plan.env)].find((text) => text.includes("\0"));
    if (odd !== undefined) return fail({ stage: "exec", code: "EINVAL", message: `${JSON.stringify(odd)} holds a NUL character` });
    const homeless = plan.workingDir === null ? null : whyNoDirectory(plan.workingDir);
    if (homeless !== null) return fail(homeless);
    const identity = resolveIdentity(this.#native, plan);
    if (!identity.ok) return fail({ stage: "identity", ...identity.failure });
    const limits = planLimits(this.#native, this.#prlimit, plan.limits);
    if (!limits.ok) return fail({ stage: "limits", ...limits.failure });
    const search = { path: plan.env["PATH"], directory: plan.workingDir };
    const program = findProgram(plan.executable ?? plan.argv[0] ?? "", search);
    if (!program.ok) return fail({ stage: "exec", ...program.failure });
    const line = makeCommandLine(plan, { file: program.value, prefix: limits.value.prefix });
    if (!line.ok) return fail({ stage: "exec", code: "EINVAL", message: line.failure });
    return succeed({ line: line.value, program: program.value, identity: identity.value, limits: limits.value });
  }

  #launch(plan: SpawnPlan, { line, program, identity, limits }: Preparation, placed: readonly FileAction[]): Result<Pid, Trouble> {
    const actions: readonly FileAction[] = plan.workingDir === null ? placed : [{ do: "chdir", path: plan.workingDir }, ...placed];
    const spawn = (): Result<Pid, Trouble> => {
      // Tools that stand before the program would be executed even where it cannot be.
      const hopeless = line.path === program ? null : whyNotExecutable(program, plan.workingDir);
      if (hopeless !== null) return fail({ stage: "exec", ...hopeless });
      const made = this.#native.spawn({ ...line, actions });
      return made.ok ? made : fail(explain(made.failure, line.path, plan.workingDir));
    };
    const spawnAs = (): Result<Pid, Trouble> => {
      if (identity === null) return spawn();
      const ran = runAs(this.#native, identity, spawn);
      return ran.ok ? ran.value : fail({ stage: "identity", ...ran.failure });
    };
    return limits.raises.length === 0 ? spawnAs() : runRaised(this.#native, limits.raises, spawnAs);
  }

  #report(plan: SpawnPlan, { stage, code, message }: Trouble): Result<Pid, SpawnFailure> {
    return fail({ stage, code, message: `Cannot start "${plan.watcher}": ${message}` });
  }
}

/** Asked under the worker's identity: it sees what the worker's exec and chdir saw. */
function explain(code: ErrnoName, program: string, directory: string | null): Trouble {
  if (OF_FORK.includes(code)) return { stage: "fork", code, message: `no new process (${code}): ${ofFork(code)}` };
  const homeless = directory === null ? null : whyNoDirectory(directory);
  if (homeless !== null) return homeless;
  return { stage: "exec", ...explainExec(code, program, directory) };
}

function ofFork(code: ErrnoName): string {
  if (code === "EAGAIN") return "the limit of processes is reached: raise rlimit_nproc, pids.max or kernel.pid_max";
  if (code === "ENOMEM") return "memory is exhausted";
  return "too many files are open: raise ulimit -n or fs.file-max";
}

function whyNoDirectory(directory: string): Trouble | null {
  try {
    if (!statSync(directory).isDirectory()) return { stage: "cwd", code: "ENOTDIR", message: `"${directory}" is not a directory` };
    accessSync(directory, constants.X_OK);
    return null;
  } catch (error) {
    const code = codeOf(error);
    const message = code === "ENOENT" ? `no such directory "${directory}"` : `the directory "${directory}" may not be entered (${code})`;
    return { stage: "cwd", code, message };
  }
}
