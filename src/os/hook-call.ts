/** Calls a hook that is a program: facts go in as variables, the answer comes out as exit code, stats as JSON on stdout. */
import type { HookFacts, HookOutcome, Log } from "../core/ports.js";
import { makeLineLog } from "./hook-output.js";
import { runProgram, type ProgramEnd } from "./hook-program.js";
import type { HookTarget } from "./hook-target.js";

/** One call of one hook. */
export interface HookCall {
  /** As it stands in the configuration. */
  readonly target: string;
  readonly facts: HookFacts;
  /** Seconds. */
  readonly timeout: number;
}

/** The longest delay of a timer; a longer one would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1;
/** Characters of stdout that an extended_stats program may write. */
const LARGEST_STATS = 2 ** 20;

/** Runs the program to its end or its time limit. Never rejects. */
export async function callProgram(
  log: Log,
  call: HookCall,
  target: Extract<HookTarget, { readonly kind: "program" }>,
): Promise<HookOutcome> {
  const { facts } = call;
  const label = `Hook ${facts.hook} of watcher "${facts.watcher}"`;
  const lines = {
    stdout: makeLineLog((line) => log.info(`${label}: ${line}`)),
    stderr: makeLineLog((line) => log.warning(`${label}: ${line}`)),
  };
  let stats = "";
  const end = await runProgram({
    program: target.program,
    args: target.args,
    env: { ...facts.env, ...variablesOf(facts) },
    workingDir: facts.workingDir,
    input: facts.stats === undefined ? null : `${JSON.stringify(facts.stats)}\n`,
    timeout: milliseconds(call.timeout),
    output: (stream, text) => {
      if (stream === "stderr" || facts.stats === undefined) lines[stream].push(text);
      else if (stats.length <= LARGEST_STATS) stats += text;
    },
  });
  lines.stdout.end();
  lines.stderr.end();
  const outcome = outcomeOf(end, call);
  if (facts.stats === undefined || outcome.kind === "threw") return outcome;
  return mergeStats(facts.stats, stats, outcome.value);
}

/** Facts as environment variables; what does not apply is left out. */
function variablesOf(facts: HookFacts): Record<string, string> {
  const { pid, signum, exitCode, time } = facts;
  return {
    CIRCUS_WATCHER: facts.watcher,
    CIRCUS_HOOK: facts.hook,
    ...(pid === undefined ? {} : { CIRCUS_PID: String(pid) }),
    ...(signum === undefined ? {} : { CIRCUS_SIGNUM: String(signum) }),
    ...(exitCode === undefined || exitCode === null ? {} : { CIRCUS_EXIT_CODE: String(exitCode) }),
    ...(time === undefined ? {} : { CIRCUS_TIME: String(time) }),
  };
}

/** 126 and 127 are a shell's or env's words for "the command could not be run": that is no answer. */
function outcomeOf(end: ProgramEnd, call: HookCall): HookOutcome {
  switch (end.kind) {
    case "exited":
      if (end.code === 126 || end.code === 127) return threw(`Hook "${call.target}" could not run a command (exit code ${end.code})`);
      return { kind: "returned", value: end.code === 0 };
    case "signalled":
      return threw(`Hook "${call.target}" was killed by ${end.signal}`);
    case "failed":
      return threw(`Cannot run hook "${call.target}": ${end.reason}`);
    case "timedOut":
      return threw(`Hook "${call.target}" took more than ${call.timeout} s and was killed`);
  }
}

function mergeStats(stats: Readonly<Record<string, unknown>>, written: string, value: boolean): HookOutcome {
  if (written.length > LARGEST_STATS) return threw(`It wrote more than ${LARGEST_STATS} characters of stats`);
  if (written.trim() === "") return { kind: "returned", value, stats: { ...stats } };
  try {
    const added: unknown = JSON.parse(written);
    if (isRecord(added)) return { kind: "returned", value, stats: { ...stats, ...added } };
  } catch {
    // Said below: text that is no JSON and JSON that is no object are the same mistake.
  }
  return threw('Its stdout is no JSON object; let it print one, such as {"requests": 7}');
}

/** Seconds as a timer takes them. */
export function milliseconds(seconds: number): number {
  return Math.min(seconds * 1000, LONGEST_DELAY);
}

/** The hook gave no answer. */
export function threw(message: string): HookOutcome {
  return { kind: "threw", message };
}

/** Whether it is what JSON calls an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
