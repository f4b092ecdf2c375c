/** All watchers together: up in the order of their priority, down in reverse, and never up again after a stop has overtaken it. */
import type { Clock } from "../core/ports.js";
import { CommandError, ERRNO } from "../wire/contract.js";
import type { Runner } from "./runner.js";
import type { Watchers } from "./watchers.js";

/** Seconds that a stop may take beyond the watcher's own graceful_timeout and hooks. */
const STOP_GRACE = 10;

export class Fleet {
  readonly #watchers: Watchers;
  readonly #clock: Clock;

  constructor(watchers: Watchers, clock: Clock) {
    this.#watchers = watchers;
    this.#clock = clock;
  }

  /** Starts all watchers with autostart, high priority first, with `warmupDelay` seconds between them. */
  async start(warmupDelay: number): Promise<void> {
    const stands = standing(this.#watchers);
    let first = true;
    for (const group of this.#watchers.byPriority()) {
      const started: Promise<unknown>[] = [];
      for (const runner of group.filter(({ spec }) => spec.autostart)) {
        if (!first && warmupDelay > 0) await this.#wait(warmupDelay);
        first = false;
        if (stands(runner)) started.push(runner.command({ kind: "start" }));
      }
      await Promise.all(started);
    }
  }

  /** Stops all watchers, low priority first. @returns names of those that would not stop */
  async stop(): Promise<readonly string[]> {
    const stuck: string[] = [];
    for (const group of [...this.#watchers.byPriority()].reverse()) {
      stuck.push(...(await Promise.all(group.map((runner) => this.#stopOne(runner)))).flat());
    }
    return stuck;
  }

  /** Reloads those that are there, one after the other. @throws CommandError with the reasons of those that could not */
  async reload(how: { readonly graceful: boolean; readonly sequential: boolean }): Promise<void> {
    const stands = standing(this.#watchers);
    const reasons = new Set<string>();
    for (const runner of this.#watchers.inOrder()) {
      // To reload one that is down starts it: that is not for one that was stopped or removed meanwhile.
      if (!stands(runner)) continue;
      const answer = await runner.command({ kind: "reload", ...how });
      if (!answer.ok && stands(runner)) reasons.add(answer.reason);
    }
    if (reasons.size > 0) throw new CommandError([...reasons].join("\n"), ERRNO.asynchronous);
  }

  /** From now on they only stop. */
  retire(reason: string): void {
    for (const runner of this.#watchers.all()) runner.retire(reason);
  }

  /** Whether nothing of any of them runs. */
  get isDown(): boolean {
    return this.#watchers.all().every(({ status, pids }) => status === "stopped" && pids.length === 0);
  }

  #wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(seconds * 1000, resolve);
    });
  }

  #stopOne(runner: Runner): Promise<readonly string[]> {
    const { spec } = runner;
    const hooks = Object.keys(spec.hooks).length > 0 ? 2 * spec.hookTimeout : 0;
    const limit = spec.gracefulTimeout + hooks + STOP_GRACE;
    return new Promise((resolve) => {
      const cancel = this.#clock.after(limit * 1000, () => {
        resolve([spec.name]);
      });
      void runner.command({ kind: "stop" }).then(() => {
        cancel();
        resolve([]);
      });
    });
  }
}

/** Remembers who is there: the answer says of a watcher whether it still is, and nobody has told it to stop since. */
export function standing(watchers: Watchers): (runner: Runner) => boolean {
  const before = new Map(watchers.all().map((runner) => [runner, runner.stops]));
  return (runner) => watchers.all().includes(runner) && runner.stops === (before.get(runner) ?? 0);
}
