/** An arbiter inside somebody's program: supervision as a library. */
import { setTimeout as delay } from "node:timers/promises";
import { Arbiter as Supervisor } from "../../arbiter/arbiter.js";
import { CircusClient } from "../../client/call.js";
import { subscribe, type Events } from "../../client/listen.js";
import { Watcher } from "../../client/watcher.js";
import type { Log } from "../../core/ports.js";
import type { Config, Loaded } from "../../core/spec.js";
import { onSignals } from "../../os/signals.js";
import { openMemory } from "../../wire/memory/transport.js";
import type { Transport } from "../../wire/transport.js";
import { addOwnWatchers } from "../own-programs.js";
import { systemParts } from "../parts.js";
import { configOf, type ArbiterSettings, type WatcherSettings } from "./settings.js";
import { Subscriptions } from "./subscriptions.js";

/** Node's timers keep the program alive only below this length, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/** Milliseconds for which an answer that was sent at the end, as that to `quit`, is still on its way. */
const FAREWELL = 50;

const ignore = (): void => undefined;
const SILENT: Log = { debug: ignore, info: ignore, warning: ignore, error: ignore, critical: ignore };

/**
 * Makes an arbiter for some watchers (Circus's get_arbiter). Nothing runs before `start`.
 *
 * It leaves the program as it is: no title, no signal handlers, no exit, and nothing can be reached from outside unless
 * the settings say so.
 * @throws Error where a setting cannot be used, or the system refuses what supervision needs
 * @example
 * ```js
 * const arbiter = await getArbiter([{ cmd: "sleep 3600", numprocesses: 3 }]);
 * await arbiter.start();
 * await arbiter.stop();
 * ```
 */
export async function getArbiter(watchers: readonly WatcherSettings[], settings: ArbiterSettings = {}): Promise<Arbiter> {
  const config = configOf(watchers, settings);
  return new Arbiter(config, settings, await transportFor(config));
}

/** Several may live in one program. Made by {@link getArbiter}, as a transport is to be loaded first; so only its type is exported. */
export class Arbiter implements AsyncDisposable {
  /** Sends any command, as circusctl does. */
  readonly client: CircusClient;
  readonly #supervisor: Supervisor;
  readonly #loaded: Loaded;
  readonly #transport: Transport;
  readonly #settings: ArbiterSettings;
  readonly #subscriptions = new Subscriptions();
  #started: Promise<void> | null = null;
  #over = false;
  #unlisten: () => void = ignore;
  #alive: NodeJS.Timeout | null = null;

  /** @throws Error where what the settings ask for cannot be had */
  constructor(config: Config, settings: ArbiterSettings, transport: Transport) {
    const log = settings.log ?? SILENT;
    this.#loaded = complete(config);
    this.#settings = settings;
    this.#transport = transport;
    const load = () => Promise.resolve(this.#loaded);
    const { subreaper = false } = settings;
    this.#supervisor = new Supervisor(systemParts({ log, transport, load, adopt: () => [], subreaper, alone: false, isServer: false }));
    this.client = new CircusClient({ transport, endpoint: config.arbiter.endpoint });
    // It may also end by the command `quit`, or with an essential watcher.
    void this.#supervisor.finished
      .catch(ignore)
      .then(() => delay(FAREWELL))
      .then(() => this.#letGo());
  }

  /** Resolves when it has stopped, by `stop`, by a signal or by the command `quit`. */
  get finished(): Promise<void> {
    return this.#supervisor.finished.then(ignore);
  }

  /**
   * Binds endpoints and sockets and starts the watchers; resolves when they are up. From then on it keeps the program
   * alive until it is stopped.
   * @throws Error where an endpoint or a socket cannot be bound, a user is not known or a hook cannot be loaded, and
   * where it was stopped before; nothing runs then
   */
  async start(): Promise<void> {
    if (this.#over) throw new Error("Cannot start an arbiter that was stopped: make another with getArbiter");
    this.#started ??= this.#start();
    return this.#started;
  }

  /** Ends every process and closes everything; resolves when that is done. @returns names of watchers that would not stop */
  async stop(): Promise<readonly string[]> {
    this.#over = true;
    this.#unlisten();
    const stuck = await this.#supervisor.stop();
    await this.#letGo();
    return stuck;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** A watcher by its name; whether there is one shows when it is asked for something. */
  watcher(name: string): Watcher {
    return new Watcher(this.client, name);
  }

  /** All watchers, those of its own among them. */
  async watchers(): Promise<readonly Watcher[]> {
    const reply = await this.client.call("list", {});
    return "watchers" in reply ? reply.watchers.map((name) => this.watcher(name)) : [];
  }

  /** Adds a watcher and starts it. @throws CallError where the name is taken or an option cannot be used */
  async addWatcher({ cmd, name, args, autostart = true, ...options }: WatcherSettings & { readonly name: string }): Promise<Watcher> {
    const given = Object.fromEntries(Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
    await this.client.call(
      "add",
      { name, cmd, ...(args === undefined ? {} : { args }), options: { ...given, autostart }, start: autostart, waiting: true },
      { timeout: Infinity },
    );
    return this.watcher(name);
  }

  /**
   * Events as they come, until the loop is left or the arbiter has ended.
   * @param topics prefixes such as `watcher.web.`
   * @example `for await (const { topic } of arbiter.events(["watcher."])) console.log(topic);`
   */
  events(topics: readonly string[] = [""]): Events {
    return this.#subscriptions.follow(
      subscribe({ transport: this.#transport, endpoint: this.#loaded.config.arbiter.pubsubEndpoint, topics }),
    );
  }

  async #start(): Promise<void> {
    this.#alive = setInterval(ignore, FOREVER);
    if (this.#settings.handleSignals === true) this.#unlisten = this.#listenToSignals();
    try {
      for (const watcher of this.#loaded.config.watchers) {
        this.#supervisor.checkIdentity(watcher);
        await this.#supervisor.checkHooks(watcher);
      }
      await this.#supervisor.start(this.#loaded);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Lets go of all that keeps the program alive. */
  async #letGo(): Promise<void> {
    this.#over = true;
    this.#unlisten();
    if (this.#alive !== null) clearInterval(this.#alive);
    this.#subscriptions.close();
    await this.client.close();
  }

  #listenToSignals(): () => void {
    return onSignals({
      stop: () => void this.stop(),
      reload: () => void this.#supervisor.reload().catch((error: unknown) => this.#settings.log?.error(`Cannot reload: ${String(error)}`)),
      reopen: () => this.#supervisor.reopenOutputs(),
      ignore,
    });
  }
}

/** With helpers for figures and plugins. @throws Error where one of them cannot be had: nobody reads warnings here */
function complete(config: Config): Loaded {
  const faulty = { arbiter: false, cluster: false, watchers: [], sockets: [], plugins: [] };
  const loaded = addOwnWatchers({ config, diagnostics: [], faulty });
  if (loaded.diagnostics.length > 0) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  return loaded;
}

/** Memory within the process, ZeroMQ where an endpoint says so; it is not loaded where none does. */
async function transportFor({ arbiter }: Config): Promise<Transport> {
  const memory = openMemory();
  const isMemory = (endpoint: string): boolean => endpoint.startsWith("memory:");
  if (isMemory(arbiter.endpoint) && isMemory(arbiter.pubsubEndpoint)) return memory;
  const { openZmq } = await import("../../wire/zmq/transport.js");
  const zmq = await openZmq();
  const of = (endpoint: string): Transport => (isMemory(endpoint) ? memory : zmq);
  return {
    serve: (endpoint, limits, onRequest) => of(endpoint).serve(endpoint, limits, onRequest),
    publish: (endpoint) => of(endpoint).publish(endpoint),
    connect: (endpoint) => of(endpoint).connect(endpoint),
    subscribe: (endpoint, topics) => of(endpoint).subscribe(endpoint, topics),
  };
}
