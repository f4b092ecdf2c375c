/** One watcher of a daemon, wherever that daemon is: its commands as methods. */
import type { Changed, Options, StatsByPid, WatcherStatus } from "../wire/contract.js";
import type { CircusClient } from "./call.js";
import { Process } from "./process.js";

/** A daemon may take as long as graceful_timeout for what is waited for here. */
const PATIENT = { timeout: Infinity } as const;

/**
 * A watcher by its name. Methods that change something resolve when the work is done, however long that takes, and
 * reject with CallError when the daemon refuses.
 * @example
 * ```js
 * const web = new Watcher(client, "web");
 * await web.incr(2);
 * console.log(await web.status(), await web.pids());
 * ```
 */
export class Watcher {
  readonly name: string;
  readonly #client: CircusClient;

  constructor(client: CircusClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  async status(): Promise<WatcherStatus> {
    const reply: { readonly status: string } = await this.#client.call("status", { name: this.name });
    if (!isStatus(reply.status)) throw new Error(`Cannot read the status "${reply.status}" of watcher "${this.name}"`);
    return reply.status;
  }

  /** Pids of the processes that live now. */
  async pids(): Promise<readonly number[]> {
    const reply = await this.#client.call("list", { name: this.name });
    return "pids" in reply ? reply.pids : [];
  }

  async processes(): Promise<readonly Process[]> {
    return (await this.pids()).map((pid) => new Process(this.#client, { watcher: this.name, pid }));
  }

  async numprocesses(): Promise<number> {
    return (await this.#client.call("numprocesses", { name: this.name })).numprocesses;
  }

  /** All options by their names in circus.ini. */
  async options(): Promise<Options> {
    return (await this.#client.call("options", { name: this.name })).options;
  }

  /** Figures by pid; a text in place of those of a process that has just ended. */
  async stats(): Promise<StatsByPid> {
    const reply = await this.#client.call("stats", { name: this.name });
    return "name" in reply ? reply.info : {};
  }

  /** Changes options at run time: all of them, or none where one is refused. */
  async set(options: Options): Promise<void> {
    await this.#client.call("set", { name: this.name, options, waiting: true }, PATIENT);
  }

  async start(): Promise<void> {
    await this.#client.call("start", { ...this.#exactly, waiting: true }, PATIENT);
  }

  async stop(): Promise<void> {
    await this.#client.call("stop", { ...this.#exactly, waiting: true }, PATIENT);
  }

  /** Stops it and starts it. @returns the pids of before and after */
  async restart(): Promise<Changed> {
    return (await this.#client.call("restart", { ...this.#exactly, waiting: true }, PATIENT)).info ?? {};
  }

  /**
   * Replaces its processes without a gap.
   * @param how.graceful false stops it before it is started again
   * @param how.sequential one process after the other
   */
  async reload(how: { readonly graceful?: boolean; readonly sequential?: boolean } = {}): Promise<Changed> {
    return (await this.#client.call("reload", { name: this.name, ...how, waiting: true }, PATIENT)).info ?? {};
  }

  /** Adds processes. @returns how many there are to be now */
  async incr(count = 1): Promise<number> {
    return (await this.#client.call("incr", { name: this.name, nb: count, waiting: true }, PATIENT)).numprocesses ?? 1;
  }

  /** Takes processes away, the oldest first. @returns how many there are to be now */
  async decr(count = 1): Promise<number> {
    return (await this.#client.call("decr", { name: this.name, nb: count, waiting: true }, PATIENT)).numprocesses ?? 1;
  }

  /** Sends a signal, by name or number, to each of its processes. */
  async signal(signal: string | number): Promise<void> {
    await this.#client.call("signal", { name: this.name, signum: signal });
  }

  /** Stops it and removes it from the daemon. @param how.nostop lets its processes run on, with nobody to look after them */
  async remove(how: { readonly nostop?: boolean } = {}): Promise<void> {
    await this.#client.call("rm", { name: this.name, ...how, waiting: true }, PATIENT);
  }

  /** A name may hold what patterns are made of. */
  get #exactly(): { readonly name: string; readonly match: "simple" } {
    return { name: this.name, match: "simple" };
  }
}

function isStatus(text: string): text is WatcherStatus {
  return text === "active" || text === "stopped" || text === "starting" || text === "stopping";
}
