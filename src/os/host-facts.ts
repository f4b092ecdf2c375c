/** What a server of a circuit tells about its host and its own process. */
import { arch, availableParallelism, freemem, hostname, loadavg, release, totalmem, type, uptime } from "node:os";
import type { HostFacts } from "../core/circuit/host-port.js";

/** @example `lookAtHost().load[0]` */
export function lookAtHost(): HostFacts {
  const { user, system } = process.cpuUsage();
  return {
    node: process.version,
    pid: process.pid,
    rss: process.memoryUsage.rss(),
    cpu: (user + system) / 1e6,
    hostname: hostname(),
    os: `${type()} ${release()}`,
    arch: arch(),
    cpus: availableParallelism(),
    memory: totalmem(),
    free: freemem(),
    load: loadavg(),
    uptime: uptime(),
  };
}
