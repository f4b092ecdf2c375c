/**
 * The daemon's heart: endpoints, sockets and watchers of one configuration, brought up in order and taken
 * down in order. Each watcher runs by itself; what concerns them all is here.
 */
import type { Config, Loaded, WatcherSpec } from "../core/spec.js";
import { CommandError, ERRNO } from "../wire/contract.js";
import type { Control } from "./control.js";
import { Controller } from "./controller.js";
import { handlers } from "./commands/index.js";
import { Endpoints } from "./endpoints.js";
import type { ArbiterParts, RunnerParts } from "./parts.js";
import { Publisher } from "./publisher.js";
import { planReload } from "./reload.js";
import { Runner } from "./runner.js";
import { SocketTable } from "./socket-table.js";
import { SpawnQueue } from "./spawn-queue.js";
import { takeOver } from "./take-over.js";
import { Watchers } from "./watchers.js";

/** Circus's name of the work that replaces everything. */
const RESTART = "arbiter_restart";

/** Seconds that a stop may take beyond the watcher's own graceful_timeout and hooks. */
const STOP_GRACE = 10;

export class Arbiter implements Control {
  readonly watchers: Watchers;
  readonly sockets: SocketTable;
  readonly parts: ArbiterParts;
  /** Resolves after everything is stopped, by `stop` or by the command `quit`. */
  readonly finished: Promise<void>;
  readonly #publisher: Publisher;
  readonly #endpoints: Endpoints;
  readonly #runnerParts: Omit<RunnerParts, "onRemoved">;
  #config: Config | null = null;
  /** The work on the whole arbiter that is under way, by its name in Circus. */
  #exclusive: string | null = null;
  #stopping: Promise<readonly string[]> | null = null;
  #quitting = false;
  #finish: () => void = () => undefined;

  constructor(parts: ArbiterParts) {
    this.parts = parts;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.watchers = new Watchers(parts.matchNames);
    this.sockets = new SocketTable(parts.sockets);
    this.#publisher = new Publisher(parts.clock);
    const controller = new Controller({ arbiter: this, handlers, log: parts.log, clock: parts.clock });
    this.#endpoints = new Endpoints(parts, this.#publisher, controller);
    this.#runnerParts = {
      ...parts,
      onActivity: (fds, ready) => parts.sockets.onActivity(fds, ready),
      sockets: this.sockets,
      spawns: new SpawnQueue(parts.clock),
      publisher: this.#publisher,
    };
  }

  /** The configuration as it was last taken over. @throws an "internal:" error before `start`. */
  get config(): Config {
    if (this.#config === null) throw new Error("internal: the arbiter has no configuration yet");
    return this.#config;
  }

  get refusal(): string | null {
    if (this.#quitting) return "arbiter is stopping...";
    return this.#exclusive === RESTART ? "arbiter is restarting..." : null;
  }

  /**
   * Binds endpoints and sockets and starts the watchers that start by themselves.
   * @throws Error where an endpoint or a socket cannot be bound; nothing is left bound then
   */
  async start(loaded: Loaded): Promise<void> {
    await this.#setUp(loaded.config);
    await this.#startWatchers();
  }

  /** Stops every watcher and closes everything. @returns names of watchers that would not stop */
  stop(): Promise<readonly string[]> {
    this.#quitting = true;
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  /** Reloads every watcher, one after the other, as SIGHUP asks for. */
  async reload(how: { readonly graceful: boolean; readonly sequential: boolean } = { graceful: true, sequential: false }): Promise<void> {
    const reasons: string[] = [];
    for (const runner of this.watchers.inOrder()) {
      const answer = await runner.command({ kind: "reload", ...how });
      // One that was removed meanwhile has nothing to reload.
      if (!answer.ok && this.watchers.all().includes(runner)) reasons.push(answer.reason);
    }
    if (reasons.length > 0) throw new CommandError(reasons.join("\n"), ERRNO.asynchronous);
  }

  /** Reopens the files that output goes to. */
  reopenOutputs(): void {
    for (const runner of this.watchers.inOrder()) runner.outputs.reopen();
  }

  /** Adds a stopped watcher. @throws CommandError where the name is taken */
  add(spec: WatcherSpec): Runner {
    if (this.watchers.has(spec.name)) throw new CommandError(`'${spec.name}' already exist`, ERRNO.conflict);
    const onRemoved = () => {
      this.watchers.remove(runner);
      this.#publisher.publish(spec.name, "remove", {});
    };
    const runner = new Runner(spec, { ...this.#runnerParts, onRemoved });
    this.watchers.add(runner);
    return runner;
  }

  publish(runner: Runner, event: "add" | "updated"): void {
    this.#publisher.publish(runner.spec.name, event, {});
  }

  checkIdentity(spec: WatcherSpec): void {
    const fault = this.parts.identityFault(spec);
    if (fault !== null) throw new CommandError(`Cannot run "${spec.name}" as that user and group: ${fault}`);
  }

  async checkHooks(spec: WatcherSpec): Promise<void> {
    for (const [name, hook] of Object.entries(spec.hooks)) {
      const checked = await this.parts.hooks.check(hook);
      if (!checked.ok) throw new CommandError(`Cannot load hook ${name} of "${spec.name}": ${checked.failure}`, ERRNO.conflict);
    }
  }

  async quit(): Promise<void> {
    this.#quitting = true;
    await this.stopAll();
    // The answer to the client goes out first: closing the endpoints would take it away.
    this.parts.clock.after(0, () => void this.stop());
  }

  /** Starts all watchers with autostart, high priority first. */
  startAll(): Promise<void> {
    return this.#startWatchers();
  }

  /** Stops all watchers, low priority first. */
  async stopAll(): Promise<readonly string[]> {
    const stuck: string[] = [];
    for (const group of [...this.watchers.byPriority()].reverse()) {
      stuck.push(...(await Promise.all(group.map((runner) => this.#stopOne(runner)))).flat());
    }
    return stuck;
  }

  /** Stops everything and starts anew from the file, in this very process. @throws CommandError where the file has faults */
  async restartInPlace(): Promise<void> {
    await this.#exclusively(RESTART, async () => {
      const loaded = await this.#loadFaultless();
      await this.stopAll();
      await this.#tearDown(loaded.config);
      await this.#setUp(loaded.config);
      await this.#startWatchers();
    });
  }

  /** Takes over what has changed in the file, and touches nothing else. */
  async reloadConfig(): Promise<void> {
    await this.#exclusively("arbiter_reload_config", async () => {
      const loaded = await this.parts.load();
      for (const { severity, message, place } of loaded.diagnostics) {
        this.parts.log[severity](place === null ? message : `${place.file}:${place.line}: ${message}`);
      }
      if (loaded.incomplete === true) {
        throw new CommandError("Cannot reload the configuration: a file of it cannot be read; nothing was changed", ERRNO.conflict);
      }
      const plan = planReload(this.config, loaded);
      if (plan.restart) {
        this.parts.log.info("The endpoints have changed: restarting");
        await this.stopAll();
        await this.#tearDown(loaded.config);
        await this.#setUp(loaded.config);
        return this.#startWatchers();
      }
      this.#config = await takeOver(plan, {
        watchers: this.watchers,
        sockets: this.sockets,
        log: this.parts.log,
        add: (spec) => {
          const runner = this.add(spec);
          this.publish(runner, "add");
          return runner;
        },
      });
    });
  }

  async #exclusively(name: string, work: () => Promise<void>): Promise<void> {
    if (this.#exclusive !== null) throw new CommandError(`arbiter is already running ${this.#exclusive} command`, ERRNO.conflict);
    this.#exclusive = name;
    try {
      await work();
    } finally {
      this.#exclusive = null;
    }
  }

  async #loadFaultless(): Promise<Loaded> {
    const loaded = await this.parts.load();
    const faults = loaded.diagnostics.filter(({ severity }) => severity === "error");
    if (faults.length === 0) return loaded;
    const list = faults.map(({ message, place }) => (place === null ? message : `${place.file}:${place.line}: ${message}`));
    throw new CommandError(`Cannot restart: the configuration has faults\n${list.join("\n")}`, ERRNO.conflict);
  }

  async #setUp(config: Config): Promise<void> {
    try {
      await this.#endpoints.open(config.arbiter);
      for (const spec of config.sockets) {
        if (this.sockets.get(spec.name) !== undefined) continue;
        const bound = await this.sockets.bind(spec);
        if (!bound.ok) throw new Error(bound.failure);
      }
      for (const spec of config.watchers) this.add(spec);
      this.#config = config;
    } catch (cause) {
      await this.#endpoints.close();
      this.sockets.closeAll();
      throw cause;
    }
  }

  /** Makes room for a new configuration; endpoints that stay the same stay open, so that no client is cut off. */
  async #tearDown(next: Config): Promise<void> {
    for (const runner of this.watchers.inOrder()) this.watchers.remove(runner);
    this.sockets.closeAll();
    await this.#endpoints.closeUnless(next.arbiter);
  }

  async #startWatchers(): Promise<void> {
    const { warmupDelay } = this.config.arbiter;
    let first = true;
    for (const group of this.watchers.byPriority()) {
      const started: Promise<unknown>[] = [];
      for (const runner of group.filter(({ spec }) => spec.autostart)) {
        if (!first && warmupDelay > 0) await this.#wait(warmupDelay);
        first = false;
        if (this.#quitting) return;
        started.push(runner.command({ kind: "start" }));
      }
      await Promise.all(started);
    }
  }

  #wait(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.parts.clock.after(seconds * 1000, resolve);
    });
  }

  #stopOne(runner: Runner): Promise<readonly string[]> {
    const { spec } = runner;
    const hooks = Object.keys(spec.hooks).length > 0 ? 2 * spec.hookTimeout : 0;
    const limit = spec.gracefulTimeout + hooks + STOP_GRACE;
    return new Promise((resolve) => {
      const cancel = this.parts.clock.after(limit * 1000, () => {
        resolve([spec.name]);
      });
      void runner.command({ kind: "stop" }).then(() => {
        cancel();
        resolve([]);
      });
    });
  }

  async #shutDown(): Promise<readonly string[]> {
    const stuck = await this.stopAll();
    for (const name of stuck) this.parts.log.error(`${name} does not stop`);
    this.sockets.closeAll();
    await this.#endpoints.close();
    await this.parts.host.close();
    this.#finish();
    return stuck;
  }
}
