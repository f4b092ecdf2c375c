/** The process element: a program that was started here, its streams, and what became of it. */
import type { Program, ProgramListener, Programs, RunningProgram } from "../../core/circuit/process-port.js";
import type { Clock, Exit, Millis, OutputStreamName, Pid } from "../../core/ports.js";
import { parseSignal } from "../../core/signals.js";
import type { Environment } from "../../core/spec.js";
import type { Command, ProcessStat } from "../../wire/circuit/contract.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Anchorage, Element, ElementHandlers } from "./element.js";
import { WaitingCalls } from "./process-calls.js";
import { endingOf } from "./process-exit.js";
import { OutputFlow } from "./process-flow.js";
import { ProcessInput } from "./process-input.js";
import { ProcessOutput } from "./process-output.js";

export interface ProcessParts {
  readonly programs: Programs;
  readonly clock: Pick<Clock, "epoch" | "after">;
  /** Between SIGTERM and SIGKILL where `scrub` kills. @default 5 s */
  readonly grace?: Millis;
}

type MakeProcess = (command: Command, id: string, anchorage: Anchorage) => Promise<ProcessElement>;

const DEFAULT_BUFFER = 1024 * 1024;
const DEFAULT_GRACE = 5_000;
/** A process that SIGKILL does not end for so long waits in the kernel, and nothing else is to wait for it. */
const KILL_LIMIT = 2_000;
const TERM = 15;
const KILL = 9;
const CONT = 18;

/**
 * @returns how to make the element; it throws CircuitError `process` where the program cannot be started, and leaves nothing then
 * @example `const element = await makeProcess({ programs, clock })({ Path: "sleep", Args: ["60"] }, id, anchorage)`
 */
export function makeProcess(parts: ProcessParts): MakeProcess {
  return async (command, id, anchorage) => {
    const program = programOf(command);
    const started = await parts.programs.start(program, (running) => new ProcessElement(running, { ...parts, command, id, anchorage }));
    if (!started.ok) throw new CircuitError("process", started.failure.message);
    return started.value;
  };
}

interface Making extends ProcessParts {
  readonly command: Command;
  readonly id: string;
  readonly anchorage: Anchorage;
}

interface Stream {
  readonly flow: OutputFlow;
  readonly output: ProcessOutput;
}

export class ProcessElement implements Element, ProgramListener {
  readonly kind = "process";
  readonly id: string;
  readonly pid: Pid;
  readonly handlers: ElementHandlers;
  readonly #making: Making;
  readonly #program: RunningProgram;
  readonly #started: number;
  readonly #input: ProcessInput;
  readonly #streams: Readonly<Record<OutputStreamName, Stream>>;
  readonly #waiting = new WaitingCalls();
  /** Those who wait for its end, and those who wait for the end of its tree. */
  readonly #onEnd = new Set<() => void>();
  readonly #onEmpty = new Set<() => void>();
  #phase: "running" | "stopped" | "continued" = "running";
  #end: { readonly exit: Exit; readonly at: number } | null = null;
  #isEmpty = false;
  /** It leaves its anchor because its process has ended (`Scrub`). */
  #leaves = false;
  #scrubbed: CircuitError | null = null;

  constructor(program: RunningProgram, making: Making) {
    const { command, clock } = making;
    this.#making = making;
    this.#program = program;
    this.id = making.id;
    this.pid = program.pid;
    this.#started = clock.epoch();
    this.#input = new ProcessInput(program.stdin, `process ${program.pid}`);
    const stream = (name: OutputStreamName): Stream => {
      const flow = new OutputFlow(program[name], { capacity: command.Buffer ?? DEFAULT_BUFFER, blocks: command.Overflow === "block" });
      return { flow, output: new ProcessOutput(flow, { stream: name, owner: `process ${program.pid}`, clock }) };
    };
    this.#streams = { stdout: stream("stdout"), stderr: stream("stderr") };
    this.handlers = {
      wait: async (call) => {
        if (this.#end === null) await this.#untilEnd(call.signal);
        return { stat: this.#stat() };
      },
      signal: async (_call, { signal }) => {
        this.#signal(signal);
        return {};
      },
      stdin: (call, params) => this.#input.serve(call, params),
      output: (call, params) => this.#streams[params.stream].output.serve(call, params),
    };
  }

  stat(): Promise<ProcessStat> {
    return Promise.resolve(this.#stat());
  }

  async scrub(kill: boolean): Promise<void> {
    if (this.#scrubbed !== null) return;
    const error = new CircuitError("scrubbed", `The element of process ${this.pid} was scrubbed`);
    this.#scrubbed = error;
    // After the end those who wait have been told of it, though they may not have come to say so yet.
    if (this.#end === null) this.#waiting.fail(error);
    this.#input.scrub(error);
    for (const { output } of this.#each()) {
      if (this.#leaves) output.closeBehindReaders(error);
      else output.close(error);
    }
    if (kill) await this.#endTree();
    if (!this.#isEmpty) this.#program.release();
  }

  output(stream: OutputStreamName, chunk: Uint8Array): void {
    this.#streams[stream].flow.push(chunk);
  }

  outputEnded(stream: OutputStreamName): void {
    this.#streams[stream].flow.finish();
  }

  exited(exit: Exit, leftovers: boolean): void {
    // What it wrote at last is there when those who wait for it come to read.
    for (const { flow } of this.#each()) flow.poll();
    this.#end = { exit, at: this.#making.clock.epoch() };
    this.#input.ended();
    for (const told of this.#onEnd) told();
    if (!leftovers) this.emptied();
    if (this.#making.command.Scrub !== true || this.#scrubbed !== null) return;
    this.#leaves = true;
    this.#making.anchorage.leave();
    void this.scrub(false);
  }

  emptied(): void {
    this.#isEmpty = true;
    for (const told of this.#onEmpty) told();
  }

  #each(): readonly Stream[] {
    return [this.#streams.stdout, this.#streams.stderr];
  }

  async #untilEnd(signal: AbortSignal): Promise<void> {
    if (this.#scrubbed !== null) throw this.#scrubbed;
    let told: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (told = resolve));
    this.#onEnd.add(told);
    try {
      await this.#waiting.until(end, signal);
    } finally {
      this.#onEnd.delete(told);
    }
  }

  #stat(): ProcessStat {
    const end = this.#end;
    if (end === null) this.#phase = this.#program.halted() ?? this.#phase;
    return {
      Cmd: this.#making.command,
      ...(end === null ? { Exit: null, Phase: this.#phase, ExitCode: null } : endingOf(end.exit)),
      Pid: this.pid,
      Started: this.#started,
      Ended: end?.at ?? null,
      Stdout: this.#streams.stdout.flow.figures(),
      Stderr: this.#streams.stderr.flow.figures(),
    };
  }

  #signal(wanted: string | number): void {
    const signal = parseSignal(wanted);
    if (signal === null) {
      throw new CircuitError("invalid", `"${wanted}" is no signal: give a name such as TERM or USR1, or a number from 1 to 64`);
    }
    const sent = this.#end === null ? this.#program.signal(signal.number) : null;
    if (sent?.ok === true) return;
    const why = sent === null || sent.failure.code === "ESRCH" ? "it has finished already" : `it is another user's (${sent.failure.code})`;
    throw new CircuitError("process", `Cannot send ${signal.name} to process ${this.pid}: ${why}`);
  }

  async #endTree(): Promise<void> {
    if (this.#isEmpty) return;
    this.#program.signalTree(TERM);
    // One that is stopped hears of it when it goes on.
    this.#program.signalTree(CONT);
    if (await this.#emptyWithin(this.#making.grace ?? DEFAULT_GRACE)) return;
    this.#program.signalTree(KILL);
    await this.#emptyWithin(KILL_LIMIT);
  }

  #emptyWithin(limit: Millis): Promise<boolean> {
    if (this.#isEmpty) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (isEmpty: boolean): void => {
        cancel();
        this.#onEmpty.delete(emptied);
        resolve(isEmpty);
      };
      const emptied = (): void => finish(true);
      const cancel = this.#making.clock.after(limit, () => finish(false));
      this.#onEmpty.add(emptied);
    });
  }
}

function programOf({ Path, Args, Env, Dir }: Command): Program {
  return {
    path: Path,
    args: Args ?? [],
    env: Env === undefined || Env === null || Env.length === 0 ? null : readEnvironment(Env),
    dir: Dir === undefined || Dir === null || Dir === "" ? null : Dir,
  };
}

/** Of a name that is given twice the last value counts, as in Circuit. */
function readEnvironment(assignments: readonly string[]): Environment {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const at = assignment.indexOf("=", 1);
      if (at < 1) throw new CircuitError("invalid", `"${assignment}" in Env is no NAME=VALUE`);
      return [assignment.slice(0, at), assignment.slice(at + 1)];
    }),
  );
}
