/** Carries out what a changed configuration asks for, and touches nothing else. */
import type { WatcherSpec } from "../core/spec.js";
import { rebind, type Holders } from "./rebind.js";
import type { ReloadPlan } from "./reload.js";
import type { Runner } from "./runner.js";

export interface House extends Holders {
  /** Adds a stopped watcher and publishes it. */
  readonly add: (spec: WatcherSpec) => Runner;
}

/** What fails of it is logged, and the rest goes on. */
export async function takeOver(plan: ReloadPlan, house: House): Promise<void> {
  const { watchers } = house;
  const removed = plan.watchers.removed.filter((name) => watchers.has(name)).map((name) => watchers.get(name));
  await Promise.all(removed.map((runner) => runner.command({ kind: "remove", nostop: false })));
  const interrupted = await rebind(plan, house);
  for (const { name, changed } of plan.watchers.changed) {
    if (!watchers.has(name)) continue;
    const answer = await watchers.get(name).configure(changed.change, changed.then);
    if (!answer.ok) house.log.error(answer.reason);
  }
  // Also one that was removed by command comes back: the file wants it.
  const added = plan.config.watchers.filter((spec) => !watchers.has(spec.name)).map((spec) => house.add(spec));
  const starting = [...interrupted, ...added.filter(({ spec }) => spec.autostart)];
  await Promise.all(starting.map((runner) => runner.command({ kind: "start" })));
}
