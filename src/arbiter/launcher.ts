/** Starts the processes of one watcher: asks before_spawn, waits for its turn, leases the sockets. */
import type { Pid, SpawnFailure } from "../core/ports.js";
import type { WatcherSpec } from "../core/spec.js";
import type { Key, WatcherEvent } from "../core/watcher/state.js";
import type { HookCaller } from "./hook-caller.js";
import type { RunnerParts } from "./parts.js";
import { planSpawn, socketsNeeded } from "./spawn-plan.js";
import type { WatcherOutputs } from "./watcher-outputs.js";

/** When and as what a process was started, for `stats`. */
export interface Birth {
  readonly wid: number;
  /** Seconds since the epoch. */
  readonly started: number;
}

/** What starting needs to know of its watcher, and tells it. */
export interface Launching {
  readonly spec: WatcherSpec;
  readonly hooks: HookCaller;
  readonly outputs: WatcherOutputs;
  /** Whether this process is still wanted and not there yet. */
  isStarting(key: Key): boolean;
  dispatch(event: WatcherEvent): void;
  /** Publishes deaths that wait for their hooks: a successor's spawn must not come first. */
  tellDeaths(): void;
  askAfterSpawn(key: Key, pid: Pid): void;
}

export class Launcher {
  readonly #watcher: Launching;
  readonly #parts: Pick<RunnerParts, "spawns" | "clock" | "publisher" | "log" | "sockets" | "daemon" | "host">;
  readonly #births = new Map<Pid, Birth>();
  /** Processes whose before_spawn is asked, with what ends the waiting for it. */
  readonly #beginning = new Map<Key, (goOn: boolean) => void>();

  constructor(watcher: Launching, parts: Pick<RunnerParts, "spawns" | "clock" | "publisher" | "log" | "sockets" | "daemon" | "host">) {
    this.#watcher = watcher;
    this.#parts = parts;
  }

  birth(pid: Pid): Birth | undefined {
    return this.#births.get(pid);
  }

  forget(pid: Pid): void {
    this.#births.delete(pid);
  }

  /** Ends the waiting for before_spawn of processes that a stop has overtaken. */
  overtake(): void {
    for (const [key, goOn] of this.#beginning) if (!this.#watcher.isStarting(key)) goOn(true);
  }

  /** The pid is told from within, before its exit can be: so this answers nothing itself but a failure. */
  async spawn(key: Key, wid: number): Promise<WatcherEvent | null> {
    const failed = (failure: SpawnFailure): WatcherEvent => ({ kind: "failed", key, failure });
    if (this.#watcher.hooks.has("before_spawn") && !(await this.#mayBegin(key))) {
      return failed({ stage: "hook", code: null, message: `${this.#watcher.spec.name}: before_spawn refused the process` });
    }
    await this.#parts.spawns.turn();
    if (!this.#watcher.isStarting(key)) return failed({ stage: "cancelled", code: null, message: "The stop came first" });
    const result = await this.#start(key, wid);
    if (!result.ok) return failed(result.failure);
    const pid = result.value;
    const started = this.#parts.clock.epoch();
    this.#births.set(pid, { started, wid });
    this.#watcher.tellDeaths();
    // Told before the step: with the last process up the watcher publishes its start.
    this.#parts.publisher.publish(this.#watcher.spec.name, "spawn", { process_pid: pid, time: started });
    this.#parts.log.debug(`running ${this.#watcher.spec.name} process [pid ${pid}]`);
    const ready = !this.#watcher.hooks.has("after_spawn");
    this.#watcher.dispatch({ kind: "spawned", key, pid, ready });
    if (!ready) this.#watcher.askAfterSpawn(key, pid);
    return null;
  }

  /** Asks before_spawn. A stop does not wait for what it thinks: its answer is then of no use any more. */
  #mayBegin(key: Key): Promise<boolean> {
    const overtaken = new Promise<boolean>((resolve) => this.#beginning.set(key, resolve));
    return Promise.race([this.#watcher.hooks.ask("before_spawn"), overtaken]).finally(() => this.#beginning.delete(key));
  }

  async #start(key: Key, wid: number): ReturnType<RunnerParts["host"]["spawn"]> {
    const { spec } = this.#watcher;
    const leases = this.#parts.sockets.lease(socketsNeeded(spec, this.#parts.sockets.names()));
    if (!leases.ok)
      return { ok: false, failure: { stage: "sockets", code: null, message: `Cannot start "${spec.name}": ${leases.failure}` } };
    try {
      const { stdout, stderr } = this.#watcher.outputs.plans();
      const plan = planSpawn({ spec, wid, daemon: this.#parts.daemon, sockets: leases.value.passed, stdout, stderr });
      if (!plan.ok) return plan;
      return await this.#parts.host.spawn(plan.value, {
        exited: (exit, leftovers) => {
          this.#watcher.dispatch({ kind: "exited", key, exit, leftovers });
        },
        emptied: () => {
          this.#watcher.dispatch({ kind: "emptied", key });
        },
      });
    } finally {
      leases.value.release();
    }
  }
}
