/** Metrics in the text format of Prometheus, with names by its conventions. */
import { Counter, Gauge, Registry } from "prom-client";
import type { DaemonSample, ProcessSample } from "./collect.js";

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Writes what was collected. The registry is made for it: what is gone is not told any more. */
export async function expose(samples: readonly DaemonSample[]): Promise<string> {
  const registry = new Registry();
  const write = writer(registry);
  const process = ["daemon", "watcher", "pid"] as const;
  const up = write.gauge("circus_up", "Whether circusd answers.", ["daemon"]);
  const watchers = {
    processes: write.gauge("circus_watcher_processes", "Processes that a watcher has.", ["daemon", "watcher"]),
    wanted: write.gauge("circus_watcher_wanted_processes", "Processes that a watcher is to have.", ["daemon", "watcher"]),
    active: write.gauge("circus_watcher_active", "Whether a watcher is active.", ["daemon", "watcher"]),
    deaths: write.counter("circus_watcher_process_deaths_total", "Processes of a watcher that died without being told to.", [
      "daemon",
      "watcher",
    ]),
  };
  const processes = processMetrics(write, "circus_process", process);
  const reads = write.counter("circus_socket_reads_total", "How often a socket had something to accept or read.", [
    "daemon",
    "socket",
    "address",
  ]);
  const self = processMetrics(write, "circus_daemon", ["daemon"]);
  for (const { id: daemon, up: answers, ...sample } of samples) {
    up({ daemon }, answers ? 1 : 0);
    for (const { name: watcher, status, pids, numprocesses, deaths, processes: each } of sample.watchers) {
      watchers.processes({ daemon, watcher }, pids.length);
      watchers.wanted({ daemon, watcher }, numprocesses);
      watchers.active({ daemon, watcher }, status === "active" ? 1 : 0);
      watchers.deaths({ daemon, watcher }, deaths);
      for (const one of each) processes({ daemon, watcher, pid: String(one.pid) }, one);
    }
    for (const { name: socket, address, total } of sample.sockets) reads({ daemon, socket, address }, total);
    if (sample.self !== null) self({ daemon }, sample.self);
  }
  return registry.metrics();
}

type Labels = Readonly<Record<string, string>>;

/** A value that is not known is not told. */
type Write = (labels: Labels, value: number | null) => void;

interface Writer {
  gauge(name: string, help: string, labelNames: readonly string[]): Write;
  counter(name: string, help: string, labelNames: readonly string[]): Write;
}

function writer(registry: Registry): Writer {
  const registers = [registry];
  return {
    gauge(name, help, labelNames) {
      const metric = new Gauge({ name, help, labelNames, registers });
      return (labels, value) => {
        if (value !== null) metric.set({ ...labels }, value);
      };
    },
    counter(name, help, labelNames) {
      const metric = new Counter({ name, help, labelNames, registers });
      return (labels, value) => {
        if (value !== null) metric.inc({ ...labels }, value);
      };
    },
  };
}

function processMetrics(write: Writer, prefix: string, labelNames: readonly string[]): (labels: Labels, sample: ProcessSample) => void {
  const whose = prefix === "circus_daemon" ? "circusd" : "a process";
  const cpu = write.counter(`${prefix}_cpu_seconds_total`, `User and system time of ${whose} in seconds.`, labelNames);
  const resident = write.gauge(`${prefix}_resident_memory_bytes`, `Resident memory of ${whose} in bytes.`, labelNames);
  const virtual = write.gauge(`${prefix}_virtual_memory_bytes`, `Virtual memory of ${whose} in bytes.`, labelNames);
  const start = write.gauge(`${prefix}_start_time_seconds`, `When ${whose} was started, in seconds since the epoch.`, labelNames);
  return (labels, { cpuSeconds, residentBytes, virtualBytes, startTime }) => {
    cpu(labels, cpuSeconds);
    resident(labels, residentBytes);
    virtual(labels, virtualBytes);
    start(labels, startTime);
  };
}
