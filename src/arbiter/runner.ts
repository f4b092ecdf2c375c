/**
 * Runs one watcher: its events one at a time through the core, the effects through the ports. The one
 * writer of the watcher's state, so that no lock is needed anywhere.
 */
import type { Answer, Command, Moment, Ticket, WatcherEffect, WatcherEvent, WatcherState } from "../core/watcher/state.js";
import { makeWatcher } from "../core/watcher/state.js";
import { step } from "../core/watcher/step.js";
import { livePid } from "../core/process.js";
import { never } from "../core/result.js";
import type { Pid } from "../core/ports.js";
import { SIGHUP, SIGKILL } from "../core/signals.js";
import type { WatcherSpec } from "../core/spec.js";
import type { WatcherStatus } from "../wire/contract.js";
import { Configurer } from "./configurer.js";
import { HookCaller } from "./hook-caller.js";
import { WatcherOutputs } from "./watcher-outputs.js";
import { Launcher, type Birth, type Launching } from "./launcher.js";
import type { RunnerParts } from "./parts.js";
import { Reaps } from "./reaps.js";
import { Signaller } from "./signaller.js";
import { statusOf } from "./status.js";
import { SocketActivity } from "./socket-activity.js";
import { Timers } from "./timers.js";
import { socketsNeeded } from "./spawn-plan.js";

export class Runner {
  #state: WatcherState;
  readonly #parts: RunnerParts;
  readonly #hooks: HookCaller;
  readonly #outputs: WatcherOutputs;
  readonly #events: WatcherEvent[] = [];
  readonly #answers = new Map<Ticket, (answer: Answer) => void>();
  readonly #timers: Timers;
  readonly #signals: Signaller;
  readonly #reaps: Reaps;
  readonly #launcher: Launcher;
  readonly #configurer: Configurer;
  readonly #activity: SocketActivity;
  #nextTicket = 1;
  #stepping = false;
  #retirement: string | null = null;
  #stops = 0;

  constructor(spec: WatcherSpec, parts: RunnerParts) {
    this.#state = makeWatcher(spec);
    this.#parts = parts;
    this.#hooks = new HookCaller(parts, () => this.spec);
    this.#timers = new Timers(parts.clock);
    this.#signals = new Signaller(parts, this.#hooks, { name: spec.name, lives: (pid) => this.pids.includes(pid) });
    this.#outputs = new WatcherOutputs(parts.outputs, () => this.spec);
    this.#reaps = new Reaps(spec.name, parts.publisher, this.#hooks);
    this.#activity = new SocketActivity(parts, () => {
      this.#dispatch({ kind: "activity" });
    });
    this.#configurer = new Configurer(this);
    this.#launcher = new Launcher(this.#launching(), parts);
  }

  /** It is down though nobody stopped it: it was never started, gave up, or ended by itself. */
  get isIdle(): boolean {
    return this.#state.phase.kind === "stopped" && !this.#state.phase.armed && !this.#state.heldDown;
  }

  /** It runs or waits for activity, and nobody has asked it to end that. */
  get isUp(): boolean {
    return this.#state.phase.kind === "stopped" ? this.#state.phase.armed : !this.#state.heldDown;
  }

  get spec(): WatcherSpec {
    return this.#state.spec;
  }

  get status(): WatcherStatus {
    return statusOf(this.#state.phase);
  }

  /** Pids of living processes in the order of their start. */
  get pids(): readonly Pid[] {
    return this.#state.members.map((member) => livePid(member.state)).filter((pid) => pid !== null);
  }

  birth(pid: Pid): Birth | undefined {
    return this.#launcher.birth(pid);
  }

  /** Whether it holds one of these sockets just now: its workers have it, or it waits for activity on it. */
  holdsSocket(names: ReadonlySet<string>): boolean {
    const { phase } = this.#state;
    if (phase.kind === "stopped" && !phase.armed) return false;
    return socketsNeeded(this.spec, this.#parts.sockets.names()).some((name) => names.has(name));
  }

  get hooks(): HookCaller {
    return this.#hooks;
  }

  get signals(): Signaller {
    return this.#signals;
  }

  get outputs(): WatcherOutputs {
    return this.#outputs;
  }

  /** How often it was told to stop: work in flight that would start it sees by this that it was overtaken. */
  get stops(): number {
    return this.#stops;
  }

  /** Why it went down, or goes down, without having been told to; null where it did not. */
  get demise(): string | null {
    return this.#state.demise?.reason ?? null;
  }

  /** From now on it only stops: whatever else is asked of it, also by work that is under way, is refused with this reason. */
  retire(reason: string): void {
    this.#retirement ??= reason;
  }

  /** Resolves when the command is done. Never rejects: a refusal is an answer. */
  command(command: Command): Promise<Answer> {
    if (command.kind === "stop") this.#stops += 1;
    else if (this.#retirement !== null && command.kind !== "remove") return Promise.resolve({ ok: false, reason: this.#retirement });
    return this.#submit(command);
  }

  /** Stops it for a moment: unlike the command this does not count as a user's wish. */
  interrupt(): Promise<Answer> {
    return this.#submit({ kind: "stop" });
  }

  #submit(command: Command): Promise<Answer> {
    const ticket = this.#nextTicket++;
    return new Promise((resolve) => {
      this.#answers.set(ticket, resolve);
      this.#dispatch({ kind: "command", ticket, command });
    });
  }

  /**
   * Switches the streams that run, changes the spec, and replaces processes where the change asks for it. Where a
   * stream cannot be opened nothing is changed.
   * @returns the answer of the last step
   */
  configure(change: (spec: WatcherSpec) => WatcherSpec, then: "nothing" | "manage" | "reload"): Promise<Answer> {
    return this.#configurer.configure(change, then);
  }

  #dispatch(event: WatcherEvent): void {
    this.#events.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#take(next);
    } finally {
      this.#stepping = false;
    }
  }

  /** A fault of ours in deciding or performing is told and costs that one event, never the daemon. */
  #take(event: WatcherEvent): void {
    const moment: Moment = { now: this.#parts.clock.now(), chance: this.#parts.random() };
    try {
      const { state, effects } = step(this.#state, event, moment);
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
      this.#launcher.overtake();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#parts.log.error(`internal: watcher "${this.spec.name}" could not take in "${event.kind}": ${reason}`);
    }
  }

  #perform(effect: WatcherEffect): void {
    switch (effect.do) {
      case "prepare":
        return this.#follow(this.#prepare(effect.attempt), (reason) => ({
          kind: "prepared",
          attempt: effect.attempt,
          outcome: "failed",
          reason,
        }));
      case "spawn":
        return this.#follow(this.#launcher.spawn(effect.key, effect.wid), (message) => ({
          kind: "failed",
          key: effect.key,
          failure: { stage: "exec", code: null, message },
        }));
      case "confirm":
        return this.#follow(
          this.#hooks.ask("after_start").then((ok): WatcherEvent => ({ kind: "confirmed", attempt: effect.attempt, ok })),
          () => ({ kind: "confirmed", attempt: effect.attempt, ok: false }),
        );
      case "leave":
        return this.#follow(
          this.#hooks.ask("before_stop").then((): WatcherEvent => ({ kind: "left" })),
          () => ({ kind: "left" }),
        );
      case "close":
        return this.#follow(this.#close(effect.keepOutputs), () => ({ kind: "closed" }));
      case "signal":
        return this.#follow(this.#signals.stop(effect.pid, effect.signal.number, effect.children)?.then(() => null) ?? null, () => null);
      case "signalTree":
      case "killTree":
        return this.#signals.tree(effect.pid, effect.do === "killTree" ? SIGKILL.number : effect.signal.number);
      case "hangUp":
        return this.#signals.send(effect.pid, SIGHUP.number);
      case "armDeadline":
        return this.#arm(`deadline ${effect.key}`, effect.delay, { kind: "deadline", key: effect.key });
      case "disarmDeadline":
        return this.#timers.disarm(`deadline ${effect.key}`);
      case "armAge":
        return this.#arm(`age ${effect.key}`, effect.delay, { kind: "aged", key: effect.key });
      case "disarmAge":
        return this.#timers.disarm(`age ${effect.key}`);
      case "armWake":
        return this.#arm("wake", effect.delay, { kind: "wake" });
      case "disarmWake":
        return this.#timers.disarm("wake");
      case "watchSockets":
        return this.#activity.watch(this.spec);
      case "unwatchSockets":
        return this.#activity.unwatch();
      case "release":
        this.#launcher.forget(effect.pid);
        return this.#parts.host.release(effect.pid);
      case "reaped":
        this.#launcher.forget(effect.pid);
        return this.#follow(this.#reaps.take(effect.pid, effect.exit), () => null);
      case "publish":
        return this.#parts.publisher.publish(this.spec.name, effect.event, {});
      case "log":
        return this.#parts.log[effect.level](effect.message);
      case "answer":
        this.#answers.get(effect.ticket)?.(effect.answer);
        this.#answers.delete(effect.ticket);
        return;
      case "over":
        return this.#parts.onOver(effect.demise);
      case "removed":
        return this.#parts.onRemoved();
      default:
        never(effect);
    }
  }

  /** Turns the outcome of slow work into the event that it is; a fault of ours into what `failed` makes of it, so that nobody waits for ever. */
  #follow(work: Promise<WatcherEvent | null> | null, failed: (reason: string) => WatcherEvent | null): void {
    if (work === null) return;
    const event = work.catch((error: unknown) => {
      const [message, details] = error instanceof Error ? [error.message, error.stack ?? error.message] : [String(error), String(error)];
      this.#parts.log.error(`internal: watcher "${this.spec.name}": ${details}`);
      return failed(`internal: watcher "${this.spec.name}": ${message}`);
    });
    void event.then((outcome) => {
      if (outcome !== null) this.#dispatch(outcome);
    });
  }

  #launching(): Launching {
    const spec = () => this.spec;
    return {
      get spec() {
        return spec();
      },
      hooks: this.#hooks,
      outputs: this.#outputs,
      isStarting: (key) => {
        const state = this.#state.members.find((member) => member.key === key)?.state;
        return state?.kind === "starting" && state.stop === null;
      },
      dispatch: (event) => {
        this.#dispatch(event);
      },
      tellDeaths: () => {
        this.#reaps.flush();
      },
      askAfterSpawn: (key, pid) => {
        const answer = this.#hooks.ask("after_spawn", { pid });
        this.#follow(
          answer.then((kept): WatcherEvent => ({ kind: kept ? "ready" : "vetoed", key })),
          () => ({ kind: "vetoed", key }),
        );
      },
    };
  }

  async #prepare(attempt: number): Promise<WatcherEvent> {
    if (!(await this.#hooks.ask("before_start"))) return { kind: "prepared", attempt, outcome: "declined" };
    const { phase } = this.#state;
    // A stop may have come while the hook was thinking.
    if (phase.kind !== "preparing" || phase.attempt !== attempt) return { kind: "prepared", attempt, outcome: "declined" };
    const opened = await this.#outputs.open();
    return opened.ok
      ? { kind: "prepared", attempt, outcome: "go" }
      : { kind: "prepared", attempt, outcome: "failed", reason: opened.failure };
  }

  async #close(keepOutputs: boolean): Promise<WatcherEvent> {
    // Processes that were let go run on: nothing has stopped.
    if (keepOutputs) {
      this.#outputs.release();
      return { kind: "closed" };
    }
    await this.#outputs.close();
    this.#reaps.flush();
    this.#parts.publisher.publish(this.spec.name, "stop", {});
    await this.#hooks.ask("after_stop");
    return { kind: "closed" };
  }

  #arm(name: string, delay: number, event: WatcherEvent): void {
    this.#timers.arm(name, delay, () => {
      this.#dispatch(event);
    });
  }
}
