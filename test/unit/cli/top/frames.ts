/** Frames as circusd-stats sends them, for tests of what is made of them. */
import type { PublishedStats, StatFrame } from "../../../../src/wire/stats.js";

export function processFrame(watcher: string, pid: number, more: Partial<PublishedStats> = {}): StatFrame {
  return {
    kind: "process",
    watcher,
    stats: {
      ...{ mem_info1: "1.50M", mem_info2: "3.00M", cpu: 1, mem: 0.5, ctime: "1:02.5", nice: 0, create_time: 0, age: 10 },
      ...{ username: "root", cmdline: "sleep", children: [], subtopic: pid, name: null, ...more, pid },
    },
  };
}

export function watcherFrame(watcher: string, pids: readonly number[]): StatFrame {
  return { kind: "watcher", watcher, stats: { pid: pids, cpu: 1, mem: 1, age: 1 } };
}

export function socketFrame(fd: number, address: string, reads: number): StatFrame {
  return { kind: "socket", stats: { fd, subtopic: fd, reads, address } };
}
