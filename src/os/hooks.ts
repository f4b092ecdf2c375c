/**
 * Hooks: functions of modules, or programs, that are asked before and told after things happen to a watcher.
 * What an answer means is decided by the arbiter; here a hook is found, called within its time, and whatever
 * it does is turned into a value.
 */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { inspect } from "node:util";
import type { HookFacts, HookOutcome, Hooks, Log } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { HookName, HookSpec } from "../core/spec.js";
import { callProgram, isRecord, milliseconds, threw, type HookCall } from "./hook-call.js";
import { makeHookModules, type HookModules, type ModuleTarget } from "./hook-module.js";
import { parseHookTarget } from "./hook-target.js";

export interface HooksOptions {
  /** Gets the output of programs, and warnings. */
  readonly log: Log;
  /** Directory whose node_modules holds the packages that hooks name; the working directory unless told. */
  readonly base?: string;
}

/** Seconds that loading a module may take when it is only checked: top-level await may never end. */
const LOAD_TIMEOUT = 10;
/** The hooks whose answer decides something; a forgotten `return` matters there. */
const DECIDING: ReadonlySet<HookName> = new Set(["before_start", "after_start", "before_spawn", "after_spawn", "before_signal"]);

/** What a timer resolves with, told from whatever a hook may return. */
const LATE: unique symbol = Symbol("late");

/** @example `const hooks = createHooks({ log }); await hooks.run({ target: "exec:/srv/check", ignoreFailure: false }, facts, 5)` */
export function createHooks(options: HooksOptions): Hooks {
  const modules = makeHookModules(options.base ?? process.cwd());
  const { log } = options;
  return {
    check: async (spec) => {
      const checked = await check(modules, spec);
      return checked.ok ? checked : fail(`Cannot load hook "${spec.target}": ${checked.failure}`);
    },
    run: async (spec, facts, timeout) => {
      const call: HookCall = { target: spec.target, facts, timeout };
      try {
        const target = parseHookTarget(spec.target);
        if (!target.ok) return threw(`Cannot load hook "${spec.target}": ${target.failure}`);
        if (target.value.kind === "program") return await callProgram(log, call, target.value);
        const outcome = await within(timeout, callModule({ log, modules }, call, target.value));
        return outcome === LATE ? threw(`Hook "${spec.target}" took more than ${timeout} s`) : outcome;
      } catch (error) {
        if (error instanceof Error) log.debug(`Hook "${spec.target}" threw: ${error.stack ?? error.message}`);
        return threw(describe(error));
      }
    },
  };
}

async function check(modules: HookModules, spec: HookSpec): Promise<Result<void, string>> {
  const target = parseHookTarget(spec.target);
  if (!target.ok) return target;
  if (target.value.kind === "program") return checkProgram(target.value.program);
  const found = await within(LOAD_TIMEOUT, modules.find(target.value));
  if (found === LATE) return fail(`its module took more than ${LOAD_TIMEOUT} s to load; let it await nothing at its top level`);
  return found.ok ? succeed(undefined) : found;
}

/** A relative path or a bare name depends on the watcher's directory and PATH, so only an absolute path can be judged. */
async function checkProgram(program: string): Promise<Result<void, string>> {
  if (!isAbsolute(program)) return succeed(undefined);
  try {
    await access(program, constants.X_OK);
    return succeed(undefined);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return fail(
      missing ? `no such program "${program}"; write the path of one` : `"${program}" cannot be executed; make it executable with chmod +x`,
    );
  }
}

async function callModule(
  tools: { readonly log: Log; readonly modules: HookModules },
  call: HookCall,
  target: ModuleTarget,
): Promise<HookOutcome> {
  const hook = await tools.modules.find(target);
  if (!hook.ok) return threw(`Cannot load hook "${call.target}": ${hook.failure}`);
  const { facts } = call;
  const stats = facts.stats === undefined ? undefined : structuredClone(facts.stats);
  const returned = await hook.value(argumentOf(facts, stats));
  if (returned === undefined && DECIDING.has(facts.hook)) {
    tools.log.warning(
      `Hook ${facts.hook} of watcher "${facts.watcher}" returned undefined, which refuses: let "${call.target}" return true to go on`,
    );
  }
  if (stats === undefined) return { kind: "returned", value: Boolean(returned) };
  const plain: unknown = JSON.parse(JSON.stringify(stats));
  return isRecord(plain)
    ? { kind: "returned", value: Boolean(returned), stats: plain }
    : threw("It made stats something else than an object");
}

/** The names are those of Circus's keyword arguments; what does not apply is left out. */
function argumentOf(facts: HookFacts, stats: Record<string, unknown> | undefined): Readonly<Record<string, unknown>> {
  const { watcher, hook, pid, signum, exitCode, time, env, workingDir } = facts;
  return {
    watcher,
    hook_name: hook,
    ...(pid === undefined ? {} : { pid }),
    ...(signum === undefined ? {} : { signum }),
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    ...(time === undefined ? {} : { time }),
    ...(stats === undefined ? {} : { stats }),
    env: { ...env },
    working_dir: workingDir,
  };
}

/** Resolves with LATE where the work takes longer; what the work does then is of no interest, not even its failure. */
function within<T>(seconds: number, work: Promise<T>): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), milliseconds(seconds));
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message || error.name : `It threw ${inspect(error, { depth: 0 })}`;
}
