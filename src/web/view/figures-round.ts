/** Gathers the figures of one round, which come as one message for each process, watcher and socket. */
import { topicName } from "../../core/topics.js";
import type { ProcessStats } from "../../wire/contract.js";
import { OWN_PROCESSES, type StatFrame } from "../../wire/stats.js";
import type { ProcessFigures, WatcherFigures } from "../api.js";

/** By names as topics carry them, and sockets by descriptor. */
export interface Round {
  readonly watchers: ReadonlyMap<string, WatcherFigures>;
  readonly processes: ReadonlyMap<string, readonly ProcessFigures[]>;
  readonly reads: ReadonlyMap<number, number>;
}

/** circusd's own helpers are published under one name; each stands here under its own. */
function ownerOf(frame: Extract<StatFrame, { kind: "process" }>): string {
  const { name } = frame.stats;
  return frame.watcher === OWN_PROCESSES && name !== null ? topicName(name) : frame.watcher;
}

export class FiguresRound {
  #watchers = new Map<string, WatcherFigures>();
  #processes = new Map<string, Map<number, ProcessFigures>>();
  #reads = new Map<number, number>();

  put(frame: StatFrame): void {
    switch (frame.kind) {
      case "watcher": {
        const { pid, cpu, rss } = frame.stats;
        // Circus publishes the average of the processes.
        if (frame.watcher !== OWN_PROCESSES) this.#watchers.set(frame.watcher, { cpu: cpu * pid.length, memory: rss ?? null });
        return;
      }
      case "process": {
        const owner = ownerOf(frame);
        const figures = processFigures(frame.stats);
        if (owner !== frame.watcher) this.#watchers.set(owner, { cpu: figures.cpu, memory: figures.memory });
        const others = this.#processes.get(owner) ?? new Map<number, ProcessFigures>();
        this.#processes.set(owner, others.set(figures.pid, figures));
        return;
      }
      case "socket":
        this.#reads.set(frame.stats.fd, frame.stats.reads);
        return;
      case "sockets":
    }
  }

  /** What came since it was taken the last time. */
  take(): Round {
    const round: Round = {
      watchers: this.#watchers,
      processes: new Map([...this.#processes].map(([name, figures]) => [name, [...figures.values()]])),
      reads: this.#reads,
    };
    this.#watchers = new Map();
    this.#processes = new Map();
    this.#reads = new Map();
    return round;
  }
}

function processFigures({ pid, cpu, rss, age, username, cmdline }: ProcessStats): ProcessFigures {
  return { pid, cpu, memory: rss ?? null, age, user: username, command: cmdline };
}
