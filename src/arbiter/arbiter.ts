/**
 * The daemon's heart: endpoints, sockets and watchers of one configuration, brought up in order and taken
 * down in order. Each watcher runs by itself; what concerns them all is here.
 */
import type { Config, Loaded, WatcherSpec } from "../core/spec.js";
import type { Demise } from "../core/watcher/state.js";
import { CommandError, ERRNO } from "../wire/contract.js";
import { openMemory } from "../wire/memory/transport.js";
import { AddedCommands } from "./added-commands.js";
import { Beacon } from "./beacon.js";
import { CircuitSeat } from "./circuit-seat.js";
import type { Control } from "./control.js";
import { Controller } from "./controller.js";
import { handlers } from "./commands/index.js";
import { dismissListeners } from "./dismiss-listeners.js";
import { Endpoints } from "./endpoints.js";
import { ExclusiveWork } from "./exclusive-work.js";
import { Fleet } from "./fleet.js";
import type { ArbiterParts, RunnerParts } from "./parts.js";
import { Premises } from "./premises.js";
import { Publisher } from "./publisher.js";
import { faultless, planReload } from "./reload.js";
import { replace } from "./replace.js";
import { Runner } from "./runner.js";
import { SocketTable } from "./socket-table.js";
import { SpawnQueue } from "./spawn-queue.js";
import { takeOver } from "./take-over.js";
import { Watchers } from "./watchers.js";

/** Circus's name of the work that replaces everything. */
const RESTART = "arbiter_restart";

const STOPPING = "arbiter is stopping...";
const RESTARTING = "arbiter is restarting...";

/** Milliseconds that the end waits for work under way to notice it. */
const WORK_GRACE = 10_000;

export class Arbiter implements Control {
  readonly watchers: Watchers;
  readonly sockets: SocketTable;
  readonly added: AddedCommands;
  readonly seat: CircuitSeat;
  readonly parts: ArbiterParts;
  /**
   * Resolves after everything is stopped: with null where that was asked for, by `stop` or by the command `quit`, and
   * with what an essential watcher ended of. It rejects where there was no going on.
   */
  readonly finished: Promise<Demise | null>;
  /** Resolves when everything begins to be stopped, for good. */
  readonly stopping: Promise<void>;
  readonly #publisher: Publisher;
  readonly #premises: Premises;
  readonly #beacon: Beacon;
  readonly #fleet: Fleet;
  readonly #exclusive: ExclusiveWork;
  readonly #runnerParts: Omit<RunnerParts, "onRemoved" | "onOver">;
  #config: Config | null = null;
  #stopping: Promise<readonly string[]> | null = null;
  #quitting = false;
  #failure: Error | null = null;
  #demise: Demise | null = null;
  #finish: () => void = () => undefined;
  #tellStopping: () => void = () => undefined;

  constructor(parts: ArbiterParts) {
    this.parts = parts;
    this.finished = new Promise((resolve, reject) => {
      this.#finish = () => {
        if (this.#failure === null) resolve(this.#demise);
        else reject(this.#failure);
      };
    });
    this.stopping = new Promise((resolve) => {
      this.#tellStopping = resolve;
    });
    // Who does not wait for the end need not hear of it.
    this.finished.catch(() => undefined);
    this.watchers = new Watchers(parts.matchNames);
    this.#fleet = new Fleet(this.watchers, parts.clock);
    this.#exclusive = new ExclusiveWork(parts.clock);
    this.sockets = new SocketTable(parts.sockets);
    this.#publisher = new Publisher(parts.clock);
    const within = { transport: openMemory(), endpoint: "memory://arbiter" };
    this.added = new AddedCommands((modules) => parts.loadCommands(modules, within));
    this.seat = new CircuitSeat(parts.openCircuit, within, parts.log);
    const controller = new Controller({ arbiter: this, handlers, log: parts.log, clock: parts.clock });
    void within.transport.serve(within.endpoint, { maxFrame: Infinity }, (incoming) => controller.take(incoming));
    this.#premises = new Premises(new Endpoints(parts, this.#publisher, controller), this.sockets, parts.log);
    this.#beacon = new Beacon(parts);
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
    if (this.#quitting) return STOPPING;
    return this.#exclusive.name === RESTART ? RESTARTING : null;
  }

  /** Everything is being stopped, for good. */
  get isStopping(): boolean {
    return this.#quitting;
  }

  /**
   * Binds endpoints and sockets and starts the watchers that start by themselves.
   * @throws Error where an endpoint or a socket cannot be bound; nothing is left bound then
   */
  async start(loaded: Loaded): Promise<void> {
    // Clients may be heard before the first watcher stands.
    this.#config = loaded.config;
    // Circus's own words: people wait for them in logs.
    this.parts.log.info(`Starting master on pid ${this.parts.pid}`);
    const added = await this.added.replace(loaded.config.arbiter.commands);
    if (!added.ok) throw new Error(added.failure);
    await this.#premises.move(await this.#premises.prepare(loaded.config)).catch(async (cause: unknown) => {
      await this.#premises.close();
      throw cause;
    });
    await this.#beacon.answerAt(loaded.config.arbiter.multicastEndpoint, loaded.config.arbiter.endpoint);
    // A stop may have come meanwhile.
    if (this.#quitting) return this.#premises.close();
    this.parts.log.info("Arbiter now waiting for commands");
    this.#settle(loaded.config);
    // Others need not be there for what is done here.
    void this.seat.follow(loaded.config.cluster);
    await this.startAll();
  }

  /** Stops every watcher and closes everything. @returns names of watchers that would not stop */
  stop(): Promise<readonly string[]> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  /** Reloads every watcher, one after the other, as SIGHUP asks for. */
  async reload(how: { readonly graceful: boolean; readonly sequential: boolean } = { graceful: true, sequential: false }): Promise<void> {
    this.#refuse();
    await this.#fleet.reload(how);
  }

  /** Reopens the files that output goes to. */
  reopenOutputs(): void {
    for (const runner of this.watchers.inOrder()) runner.outputs.reopen();
  }

  /** Adds a stopped watcher. @throws CommandError where the name is taken, or everything is being stopped */
  add(spec: WatcherSpec): Runner {
    this.#refuse();
    return this.#add(spec);
  }

  #add(spec: WatcherSpec): Runner {
    if (this.watchers.has(spec.name)) throw new CommandError(`'${spec.name}' already exist`, ERRNO.conflict);
    const onRemoved = () => {
      this.watchers.remove(runner);
      this.#publisher.publish(spec.name, "remove", {});
    };
    const onOver = (demise: Demise) => {
      this.#end(spec.name, demise);
    };
    const runner = new Runner(spec, { ...this.#runnerParts, onRemoved, onOver });
    this.watchers.add(runner);
    return runner;
  }

  /** What circusd runs for is over. */
  #end(name: string, demise: Demise): void {
    if (this.#quitting) return;
    this.#demise = demise;
    this.parts.log.critical(`The essential watcher "${name}" has ended: ${demise.reason}; stopping everything`);
    void this.stop();
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
    this.#retire();
    await this.stopAll();
    // The answer to the client goes out first: closing the endpoints would take it away.
    this.parts.clock.after(0, () => void this.stop());
  }

  startAll(): Promise<void> {
    return this.#fleet.start(this.config.arbiter.warmupDelay);
  }

  stopAll(): Promise<readonly string[]> {
    return this.#fleet.stop();
  }

  /** Stops everything and starts anew from the file, in this very process. @throws CommandError where the file has faults */
  async restartInPlace(): Promise<void> {
    await this.#exclusive.run(RESTART, async () => {
      const loaded = faultless(await this.parts.load());
      const added = await this.added.replace(loaded.config.arbiter.commands);
      if (!added.ok) throw new CommandError(`Cannot restart: ${added.failure}`, ERRNO.conflict);
      this.#adopt(loaded.config);
      await this.seat.follow(loaded.config.cluster);
      await this.#restart(loaded.config);
    });
  }

  /** Takes over what has changed in the file, and touches nothing else. */
  async reloadConfig(): Promise<void> {
    await this.#exclusive.run("arbiter_reload_config", async () => {
      const loaded = await this.parts.load();
      this.#guard();
      for (const { severity, message, place } of loaded.diagnostics) {
        this.parts.log[severity](place === null ? message : `${place.file}:${place.line}: ${message}`);
      }
      if (loaded.incomplete === true) {
        throw new CommandError("Cannot reload the configuration: a file of it cannot be read; nothing was changed", ERRNO.conflict);
      }
      const plan = planReload(this.config, loaded);
      const added = await this.added.replace(plan.config.arbiter.commands);
      if (!added.ok) this.parts.log.error(`${added.failure}; the commands stay as they were`);
      this.#guard();
      this.#adopt(plan.config);
      await this.seat.follow(plan.config.cluster);
      this.#guard();
      if (plan.restart) {
        this.parts.log.info("The endpoints have changed: restarting");
        this.#exclusive.become(RESTART);
        return this.#restart(plan.config);
      }
      this.#config = await takeOver(plan, {
        watchers: this.watchers,
        sockets: this.sockets,
        log: this.parts.log,
        add: (spec) => {
          const runner = this.#add(spec);
          this.publish(runner, "add");
          return runner;
        },
        guard: () => {
          this.#guard();
        },
      });
    });
  }

  /** For work under way, after each wait. @throws CommandError where everything is being stopped */
  #guard(): void {
    if (this.#quitting) throw new CommandError(STOPPING, ERRNO.conflict);
  }

  /** For what comes from outside. @throws CommandError where nothing may be changed just now */
  #refuse(): void {
    if (this.refusal !== null) throw new CommandError(this.refusal, ERRNO.conflict);
  }

  #adopt(next: Config): void {
    const late = this.parts.adopt(next.arbiter, this.config.arbiter);
    if (late.length > 0) this.parts.log.warning(`[circus] has changed: ${late.join(", ")} take effect when circusd is started anew`);
  }

  async #restart(next: Config): Promise<void> {
    await replace(next, {
      watchers: this.watchers,
      fleet: this.#fleet,
      premises: this.#premises,
      present: this.config,
      guard: () => {
        this.#guard();
      },
      giveUp: (failure) => {
        this.#failure = failure;
        this.parts.log.critical(`${failure.message}; circusd ends`);
        void this.stop();
      },
    });
    await this.#beacon.answerAt(next.arbiter.multicastEndpoint, next.arbiter.endpoint);
    // Work that is still under way must not bring them to life again.
    this.#fleet.retire(RESTARTING);
    for (const runner of this.watchers.all()) this.watchers.remove(runner);
    this.#settle(next);
    await this.startAll();
  }

  #settle(config: Config): void {
    for (const spec of config.watchers) this.#add(spec);
    this.#config = config;
  }

  /** From now on watchers only stop, whatever is under way. */
  #retire(): void {
    this.#quitting = true;
    this.#tellStopping();
    this.#fleet.retire(STOPPING);
  }

  async #shutDown(): Promise<readonly string[]> {
    this.#retire();
    const parted = this.seat.leave();
    let stuck = await this.stopAll();
    await parted;
    await this.#exclusive.end(WORK_GRACE);
    this.#retire();
    if (stuck.length === 0 && !this.#fleet.isDown) stuck = await this.stopAll();
    for (const name of stuck) this.parts.log.error(`${name} does not stop`);
    await dismissListeners(this.watchers, this.parts.clock);
    this.#beacon.close();
    await this.#premises.close();
    await this.parts.host.close();
    this.#finish();
    return stuck;
  }
}
