/** Figures of processes on another host, as the daemon there tells them: from here nobody can look at them. */
import type { CircusClient } from "../client/call.js";
import type { Pid, ProcessInfo, ProcessUsage } from "../core/ports.js";
import type { ProcessStats } from "../wire/contract.js";
import { bytesOf, secondsOf } from "../wire/process-stats.js";

/** @example `new FarUsage(() => new CircusClient({ transport, endpoint }))` */
export class FarUsage implements ProcessUsage {
  readonly #connect: () => CircusClient;
  #client: CircusClient;

  constructor(connect: () => CircusClient) {
    this.#connect = connect;
    this.#client = connect();
  }

  /** @throws CallTimeout when the daemon does not answer. */
  async look(pids: readonly Pid[], withChildren: boolean): Promise<ReadonlyMap<Pid, ProcessInfo>> {
    const wanted = new Set(pids);
    const told = await this.#ask();
    return new Map(told.flatMap((stats) => (wanted.has(stats.pid) ? [[stats.pid, infoOf(stats, withChildren)]] : [])));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #ask(): Promise<readonly ProcessStats[]> {
    try {
      const workers = await this.#client.call("stats", {});
      const { info: daemon } = await this.#client.call("dstats", {});
      const infos = "infos" in workers ? Object.values(workers.infos) : [];
      return [daemon, ...infos.flatMap((of) => Object.values(of))].flatMap((stats) => (typeof stats === "string" ? [] : [stats]));
    } catch (cause) {
      // What was sent and not answered is not to reach the daemon when it comes back.
      await this.#client.close();
      this.#client = this.#connect();
      throw cause;
    }
  }
}

function infoOf(stats: ProcessStats, withChildren: boolean): ProcessInfo {
  return {
    pid: stats.pid,
    cmdline: stats.cmdline,
    username: stats.username,
    nice: stats.nice,
    // A Python Circus has the rounded texts only.
    rss: stats.rss ?? Math.round(bytesOf(stats.mem_info1)),
    vms: stats.vms ?? Math.round(bytesOf(stats.mem_info2)),
    memPercent: stats.mem,
    cpuSeconds: stats.cpu_seconds ?? secondsOf(stats.ctime),
    cpuPercent: stats.cpu,
    createTime: stats.create_time,
    children: withChildren ? stats.children.map((child) => infoOf(child, false)) : [],
  };
}
