/** Asks the hooks of one watcher and publishes how they went. */
import type { HookFacts } from "../core/ports.js";
import type { HookName, WatcherSpec } from "../core/spec.js";
import type { RunnerParts } from "./parts.js";
import { watcherEnvironment } from "./worker-environment.js";

type Extra = Omit<Partial<HookFacts>, "watcher" | "hook" | "env" | "workingDir" | "time">;

export class HookCaller {
  readonly #parts: Pick<RunnerParts, "hooks" | "publisher" | "log" | "clock" | "daemon">;
  readonly #spec: () => WatcherSpec;

  constructor(parts: Pick<RunnerParts, "hooks" | "publisher" | "log" | "clock" | "daemon">, spec: () => WatcherSpec) {
    this.#parts = parts;
    this.#spec = spec;
  }

  has(name: HookName): boolean {
    return this.#spec().hooks[name] !== undefined;
  }

  /** The hook's answer; true where there is none. One that throws counts as its `ignoreFailure` says. */
  async ask(name: HookName, extra: Extra = {}): Promise<boolean> {
    const spec = this.#spec();
    const hook = spec.hooks[name];
    if (hook === undefined) return true;
    const outcome = await this.#parts.hooks.run(hook, this.#facts(name, extra), spec.hookTimeout);
    if (outcome.kind === "returned") {
      this.#parts.publisher.publish(spec.name, "hook_success", { name });
      return outcome.value;
    }
    this.#parts.log.error(`Hook ${name} of "${spec.name}" failed: ${outcome.message}`);
    this.#parts.publisher.publish(spec.name, "hook_failure", { name, error: outcome.message });
    return hook.ignoreFailure;
  }

  /** Lets extended_stats add its keys; unlike the others it publishes nothing, as in Circus. */
  async extendStats(pid: number, stats: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const spec = this.#spec();
    const hook = spec.hooks.extended_stats;
    if (hook === undefined) return stats;
    const outcome = await this.#parts.hooks.run(hook, this.#facts("extended_stats", { pid, stats: { ...stats } }), spec.hookTimeout);
    if (outcome.kind === "threw") this.#parts.log.error(`Hook extended_stats of "${spec.name}" failed: ${outcome.message}`);
    return outcome.kind === "returned" ? { ...stats, ...outcome.stats } : stats;
  }

  #facts(hook: HookName, extra: Extra): HookFacts {
    const spec = this.#spec();
    const env = watcherEnvironment(spec, this.#parts.daemon);
    return {
      watcher: spec.name,
      hook,
      env: env.ok ? env.value : spec.env,
      workingDir: spec.workingDir ?? this.#parts.daemon.dir,
      time: this.#parts.clock.epoch(),
      ...extra,
    };
  }
}
