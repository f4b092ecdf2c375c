/**
 * Starts one worker from its plan, step by step, each failure naming its step. posix_spawn leaves no time in which
 * code of ours runs in the new process: all preparation is here, in the parent, and undone on every path.
 */
import { accessSync, constants, statSync } from "node:fs";
import type { Pid, SpawnFailure, SpawnPlan } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import { makeCommandLine, type CommandLine } from "./command-line.js";
import { Descriptors } from "./descriptors.js";
import { planIdentity, resolveIdentity } from "./identity.js";
import { planLimits } from "./limits.js";
import type { ErrnoName, FileAction, Native } from "./native.js";
import { codeOf, explainExec, findProgram, whyNotExecutable, type Place } from "./program.js";
import { refusalFor } from "./refusal.js";
import { findTool } from "./tools.js";

type Stage = SpawnFailure["stage"];

interface Trouble {
  readonly stage: Stage;
  readonly code: ErrnoName | null;
  readonly message: string;
}

/** All that is known about a start before the first descriptor is opened. */
interface Preparation {
  readonly line: CommandLine;
  readonly place: Place;
}

/** Errors of clone(2) and of a full table of files; the others come from exec, chdir or a descriptor. */
const OF_FORK: readonly ErrnoName[] = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"];

export class Spawner {
  readonly #native: Native;
  readonly #prlimit = findTool("prlimit");
  readonly #setpriv = findTool("setpriv");

  constructor(native: Native) {
    this.#native = native;
  }

  /**
   * Starts the worker and hands our ends of its pipes to those who take them.
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
      started = trouble === null ? this.#launch(prepared.value, descriptors.actions) : fail(trouble);
    } finally {
      if (started?.ok) descriptors.closeWorkerEnds();
      else descriptors.closeAll();
    }
    if (!started.ok) return this.#report(plan, started.failure);
    const writer = { pid: started.value, wid: plan.wid, watcher: plan.watcher };
    for (const { attach, fd } of descriptors.captures) attach(fd, writer);
    return started;
  }

  #prepare(plan: SpawnPlan): Result<Preparation, Trouble> {
    const odd = [...plan.argv, ...Object.keys(plan.env), ...Object.values(plan.env)].find((text) => text.includes("\0"));
    if (odd !== undefined) return fail({ stage: "exec", code: "EINVAL", message: `${JSON.stringify(odd)} holds a NUL character` });
    const homeless = plan.workingDir === null ? null : whyNoDirectory(plan.workingDir);
    if (homeless !== null) return fail(homeless);
    const limits = planLimits(this.#native, this.#prlimit, plan.limits);
    if (!limits.ok) return fail({ stage: "limits", ...limits.failure });
    const resolved = resolveIdentity(this.#native, plan);
    if (!resolved.ok) return fail({ stage: "identity", ...resolved.failure });
    const identity = resolved.value;
    const becomes = identity === null ? succeed([]) : planIdentity(this.#setpriv, identity);
    if (!becomes.ok) return fail({ stage: "identity", ...becomes.failure });

    const directory = plan.workingDir;
    const place: Place = { directory, refusal: identity === null ? () => null : refusalFor(this.#native, identity, directory) };
    const program = findProgram(plan.executable ?? plan.argv[0] ?? "", { path: plan.env["PATH"], ...place });
    if (!program.ok) return fail({ stage: "exec", ...program.failure });
    const prefix = [...limits.value, ...becomes.value];
    const line = makeCommandLine(plan, { file: program.value, prefix, changesUser: identity !== null });
    if (!line.ok) return fail({ stage: "exec", code: "EINVAL", message: line.failure });
    // Tools that stand before the program would be executed even where it cannot be.
    const hopeless = line.value.path === program.value ? null : whyNotExecutable(program.value, place);
    return hopeless === null ? succeed({ line: line.value, place }) : fail({ stage: "exec", ...hopeless });
  }

  #launch({ line, place }: Preparation, placed: readonly FileAction[]): Result<Pid, Trouble> {
    const actions: readonly FileAction[] = place.directory === null ? placed : [{ do: "chdir", path: place.directory }, ...placed];
    const made = this.#native.spawn({ ...line, actions });
    return made.ok ? made : fail(explain(made.failure, line.path, place));
  }

  #report(plan: SpawnPlan, { stage, code, message }: Trouble): Result<Pid, SpawnFailure> {
    return fail({ stage, code, message: `Cannot start "${plan.watcher}": ${message}` });
  }
}

function explain(code: ErrnoName, program: string, place: Place): Trouble {
  if (OF_FORK.includes(code)) return { stage: "fork", code, message: `no new process (${code}): ${ofFork(code)}` };
  const homeless = place.directory === null ? null : whyNoDirectory(place.directory);
  if (homeless !== null) return homeless;
  return { stage: "exec", ...explainExec(code, program, place) };
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
