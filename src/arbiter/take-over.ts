/** Carries out what a changed configuration asks for, and touches nothing else. */
import type { Log } from "../core/ports.js";
import type { SocketSpec, WatcherSpec } from "../core/spec.js";
import type { ReloadPlan } from "./reload.js";
import type { Runner } from "./runner.js";
import type { SocketTable } from "./socket-table.js";
import type { Watchers } from "./watchers.js";

export interface House {
  readonly watchers: Watchers;
  readonly sockets: SocketTable;
  readonly log: Log;
  /** Adds a stopped watcher and publishes it. */
  readonly add: (spec: WatcherSpec) => Runner;
}

/** What fails of it is logged, and the rest goes on. */
export async function takeOver(plan: ReloadPlan, house: House): Promise<void> {
  const { watchers } = house;
  const removed = plan.watchers.removed.filter((name) => watchers.has(name)).map((name) => watchers.get(name));
  await Promise.all(removed.map((runner) => runner.command({ kind: "remove", nostop: false })));
  const interrupted = await rebind(plan.sockets, house);
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

/**
 * Workers hold a socket's address as long as they run: those that use one that changes stop before it is bound anew.
 * @returns the watchers to be started again
 */
async function rebind({ removed, changed, added }: ReloadPlan["sockets"], { watchers, sockets, log }: House): Promise<readonly Runner[]> {
  const closing = new Set([...removed, ...changed.map((spec) => spec.name)]);
  const users = watchers.inOrder().filter((runner) => runner.holdsSocket(closing));
  await Promise.all(users.map((runner) => runner.command({ kind: "stop" })));
  for (const name of closing) sockets.close(name);
  const bind = async (spec: SocketSpec): Promise<void> => {
    const bound = await sockets.bind(spec);
    if (!bound.ok) log.error(bound.failure);
  };
  for (const spec of [...changed, ...added]) await bind(spec);
  return users;
}
