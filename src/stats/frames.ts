/** What is published of one look, in Circus's order: each watcher's processes and their sum, circusd's own, sockets. */
import type { Pid, ProcessInfo } from "../core/ports.js";
import { processStats } from "../wire/process-stats.js";
import { OWN_PROCESSES, type PublishedStats, type SocketReads, type StatFrame, type WatcherTotals } from "../wire/stats.js";

export interface Look {
  /** Seconds since the epoch. */
  readonly now: number;
  readonly infos: ReadonlyMap<Pid, ProcessInfo>;
  /** Pids by watcher; one without processes is shown as such. */
  readonly watchers: ReadonlyMap<string, ReadonlySet<Pid>>;
  /** Names of circusd's own programs by pid. */
  readonly own: ReadonlyMap<Pid, string>;
  readonly sockets: readonly SocketReads[];
}

/** Every message of one look. A process that has vanished is in none. */
export function* framesOf({ now, infos, watchers, own, sockets }: Look): Generator<StatFrame> {
  const shown = (pids: Iterable<Pid>): readonly PublishedStats[] =>
    [...pids].flatMap((pid) => {
      const info = infos.get(pid);
      // A spread of that many keys takes longer than all that is computed here, a thousand times a second.
      return info === undefined ? [] : [Object.assign(processStats(info, now), { subtopic: pid, name: own.get(pid) ?? null })];
    });
  for (const [watcher, pids] of watchers) if (watcher !== OWN_PROCESSES) yield* group(watcher, shown(pids));
  // A watcher of that name has the same topic: two sums there would contradict each other.
  yield* group(OWN_PROCESSES, shown([...(watchers.get(OWN_PROCESSES) ?? []), ...own.keys()]));
  if (sockets.length === 0) return;
  for (const stats of sockets) yield { kind: "socket", stats };
  const reads = sockets.reduce((sum, socket) => sum + socket.reads, 0);
  yield { kind: "sockets", stats: { addresses: sockets.map(({ address }) => address), reads } };
}

function* group(watcher: string, processes: readonly PublishedStats[]): Generator<StatFrame> {
  for (const stats of processes) yield { kind: "process", watcher, stats };
  yield { kind: "watcher", watcher, stats: totals(processes) };
}

function totals(processes: readonly PublishedStats[]): WatcherTotals {
  const sum = (figure: (stats: PublishedStats) => number): number => processes.reduce((so, stats) => so + figure(stats), 0);
  return {
    pid: processes.map(({ pid }) => pid),
    cpu: processes.length === 0 ? 0 : rounded(sum(({ cpu }) => cpu) / processes.length),
    mem: rounded(sum(({ mem }) => mem)),
    age: processes.reduce((oldest, { age }) => Math.max(oldest, age), 0),
    rss: sum(({ rss = 0 }) => rss),
  };
}

/** Sums of decimal fractions bring digits that nobody measured. */
function rounded(value: number): number {
  return Number(value.toFixed(3));
}
