/** Carries out what a changed configuration asks for, and touches nothing else. */
import type { Config, WatcherSpec } from "../core/spec.js";
import { standing } from "./fleet.js";
import { rebind, type Holders } from "./rebind.js";
import type { ReloadPlan } from "./reload.js";
import type { Runner } from "./runner.js";

export interface House extends Holders {
  /** Adds a stopped watcher and publishes it. */
  readonly add: (spec: WatcherSpec) => Runner;
  /** @throws CommandError where everything is being stopped, so that there is nothing to take over any more */
  readonly guard: () => void;
}

/**
 * What fails of it is logged, and the rest goes on.
 * @returns what counts as taken over, so that the next time what has failed is tried again
 */
export async function takeOver(plan: ReloadPlan, house: House): Promise<Config> {
  const { watchers } = house;
  const stands = standing(watchers);
  const removed = plan.watchers.removed.filter((name) => watchers.has(name)).map((name) => watchers.get(name));
  await Promise.all(removed.map((runner) => runner.command({ kind: "remove", nostop: false })));
  house.guard();
  const interrupted = await rebind(plan, house);
  house.guard();
  const refused = new Map<string, WatcherSpec>();
  const mended: Runner[] = [];
  for (const { was, changed } of plan.watchers.changed) {
    if (!watchers.has(was.name)) continue;
    const runner = watchers.get(was.name);
    const answer = await runner.configure(changed.change, changed.then);
    house.guard();
    // What was wrong with one that gave up may be right now; one that a user has stopped stays down.
    if (answer.ok && runner.isIdle && runner.spec.autostart) mended.push(runner);
    if (answer.ok) continue;
    refused.set(was.name, was);
    house.log.error(answer.reason);
  }
  // Also one that was removed by command comes back: the file wants it.
  const added = plan.config.watchers.filter((spec) => !watchers.has(spec.name)).map((spec) => house.add(spec));
  const starting = [...interrupted, ...mended, ...added.filter(({ spec }) => spec.autostart)].filter(stands);
  await Promise.all(starting.map((runner) => runner.command({ kind: "start" })));
  return { ...plan.config, watchers: plan.config.watchers.map((spec) => refused.get(spec.name) ?? spec) };
}
