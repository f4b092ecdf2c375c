/** One process of a watcher of a daemon, wherever that daemon is. */
import type { ProcessStats } from "../wire/contract.js";
import type { CircusClient } from "./call.js";

/**
 * A process by its pid. It may end at any time; then every method rejects with the daemon's CallError.
 * @example
 * ```js
 * for (const worker of await watcher.processes()) await worker.signal("SIGUSR1");
 * ```
 */
export class Process {
  readonly pid: number;
  /** The watcher's name. */
  readonly watcher: string;
  readonly #client: CircusClient;

  constructor(client: CircusClient, { watcher, pid }: { readonly watcher: string; readonly pid: number }) {
    this.#client = client;
    this.watcher = watcher;
    this.pid = pid;
  }

  /**
   * What it uses: `rss` in bytes, `cpu` and `mem` in percent, `age` in seconds.
   * @throws Error when it has ended
   */
  async info(): Promise<ProcessStats> {
    const reply = await this.#client.call("stats", { name: this.watcher, process: this.pid });
    const info = "info" in reply ? reply.info : null;
    if (info === null || typeof info === "string" || !isStats(info)) throw new Error(`Cannot look at process ${this.pid}: it has ended`);
    return info;
  }

  /** Seconds since its start. @throws Error when it has ended */
  async age(): Promise<number> {
    return (await this.info()).age;
  }

  /** Pids of its children. @throws Error when it has ended */
  async children(): Promise<readonly number[]> {
    return (await this.info()).children.map(({ pid }) => pid);
  }

  /** Sends a signal, by name or number, to the process alone. */
  async signal(signal: string | number): Promise<void> {
    await this.#client.call("signal", { name: this.watcher, pid: this.pid, signum: signal });
  }

  /** Sends a signal to each of its children. */
  async signalChildren(signal: string | number): Promise<void> {
    await this.#client.call("signal", { name: this.watcher, pid: this.pid, signum: signal, children: true });
  }

  /**
   * Ends it: the watcher's stop_signal, after graceful_timeout SIGKILL to what is left of its tree. The watcher starts a
   * successor. Resolves when it has ended.
   */
  async stop(): Promise<void> {
    await this.#client.call("kill", { name: this.watcher, pid: this.pid, waiting: true }, { timeout: Infinity });
  }
}

function isStats(info: object): info is ProcessStats {
  return "age" in info && typeof info.age === "number";
}
