import type { Pid } from "../../core/ports.js";
import { CommandError, type ProcessStats, type StatsByPid } from "../../wire/contract.js";
import type { Control } from "../control.js";
import type { Handler } from "../controller.js";
import type { Runner } from "../runner.js";
import { done } from "./outcome.js";
import { GONE, processStats } from "../../wire/process-stats.js";

type Figures = ReadonlyMap<Pid, ProcessStats>;

/** Figures of all processes, of a watcher's, or of one. */
export const stats: Handler<"stats"> = async (arbiter, { name, process, extended = false }) => {
  if (name === undefined) {
    const runners = arbiter.watchers.all();
    const figures = inspect(
      arbiter,
      runners.flatMap((runner) => runner.pids),
    );
    const infos: [string, StatsByPid][] = [];
    for (const runner of runners) infos.push([runner.spec.name, await watcherStats(runner, figures, extended)]);
    return done({ infos: Object.fromEntries(infos) });
  }
  const runner = arbiter.watchers.get(name);
  if (process === undefined) return done({ name, info: await watcherStats(runner, inspect(arbiter, runner.pids), extended) });
  const pid = Number(process);
  if (!runner.pids.includes(pid)) throw new CommandError(`process ${process} not found in '${name}'`);
  return done({ process, info: await oneProcess(runner, { pid, figures: inspect(arbiter, [pid]), extended }) });
};

function inspect(arbiter: Control, pids: readonly Pid[]): Figures {
  const now = arbiter.parts.clock.epoch();
  return new Map([...arbiter.parts.host.inspect(pids, true)].map(([pid, info]) => [pid, processStats(info, now)]));
}

async function watcherStats(runner: Runner, figures: Figures, extended: boolean): Promise<StatsByPid> {
  const entries: [string, ProcessStats | string][] = [];
  for (const pid of runner.pids) entries.push([String(pid), await oneProcess(runner, { pid, figures, extended })]);
  return Object.fromEntries(entries);
}

async function oneProcess(
  runner: Runner,
  { pid, figures, extended }: { readonly pid: Pid; readonly figures: Figures; readonly extended: boolean },
): Promise<ProcessStats | string> {
  const figure = figures.get(pid);
  if (figure === undefined) return GONE;
  const whole: ProcessStats = { ...figure, ...runner.birth(pid) };
  if (!extended) return whole;
  return { ...whole, ...(await runner.hooks.extendStats(pid, whole)) };
}
