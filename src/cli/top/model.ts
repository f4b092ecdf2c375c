/**
 * What is known of a daemon's processes and sockets: frames go in, the present state comes out. Who is not heard of
 * for a while is forgotten, so that the memory of it has a bound; but while nobody is heard of, nobody is missing.
 */
import type { Millis } from "../../core/ports.js";
import { bytesOf, secondsOf } from "../../wire/process-stats.js";
import type { PublishedStats, SocketReads, StatFrame } from "../../wire/stats.js";

export interface ProcessFigures {
  readonly pid: number;
  /** The program's name for those of circusd itself; null for workers. */
  readonly name: string | null;
  /** Percent of one core. */
  readonly cpu: number;
  /** Percent of all memory. */
  readonly mem: number;
  /** Resident bytes. */
  readonly rss: number;
  /** Seconds of processor time. */
  readonly time: number;
  /** Seconds. */
  readonly age: number;
  readonly user: string;
  readonly command: string;
  /** Its watcher no longer counts it. */
  readonly gone: boolean;
}

export interface WatcherFigures {
  readonly name: string;
  readonly processes: readonly ProcessFigures[];
}

export interface ServerFigures {
  readonly id: string;
  readonly name: string;
  readonly state: "alive" | "slow" | "lost";
  /** Since its last answer, where it should have come by now; else null. */
  readonly silence: Millis | null;
  readonly watchers: readonly WatcherFigures[];
}

export interface Snapshot {
  readonly watchers: readonly WatcherFigures[];
  readonly sockets: readonly SocketReads[];
  /** Of a circuit: whose the watchers are. */
  readonly servers?: readonly ServerFigures[];
}

interface KnownProcess {
  figures: ProcessFigures;
  heard: Millis;
}

interface KnownWatcher {
  readonly processes: Map<number, KnownProcess>;
  heard: Millis;
}

/** Watchers that Circus shows below `circus` only. */
export const HELPERS: ReadonlySet<string> = new Set(["circusd-stats", "circushttpd"]);

/** A silence counts as no more than one round: the figures of those who live on come within the next. */
const ROUND: Millis = 1000;

export class Model {
  readonly #timeout: Millis;
  readonly #watchers = new Map<string, KnownWatcher>();
  readonly #sockets = new Map<number, { reads: SocketReads; heard: Millis }>();
  /** Time in which somebody was heard of. */
  #time: Millis = 0;
  #last: Millis | null = null;

  /** @param timeout seconds after which a process that is not heard of is forgotten */
  constructor(timeout: number) {
    this.#timeout = timeout * 1000;
  }

  /** Takes one frame. @param now of a monotonic clock */
  receive(frame: StatFrame, now: Millis): void {
    if (this.#last !== null) this.#time += Math.min(now - this.#last, ROUND);
    this.#last = now;
    switch (frame.kind) {
      case "process":
        this.#watcher(frame.watcher).processes.set(frame.stats.pid, { figures: figuresOf(frame.stats), heard: this.#time });
        return;
      case "watcher":
        return this.#markGone(this.#watcher(frame.watcher), new Set(frame.stats.pid));
      case "socket":
        this.#sockets.set(frame.stats.fd, { reads: frame.stats, heard: this.#time });
        return;
      case "sockets":
        return;
    }
  }

  /** Milliseconds since the last frame; null before the first. */
  silence(now: Millis): Millis | null {
    return this.#last === null ? null : now - this.#last;
  }

  /** The present state, without those who were not heard of in time. */
  snapshot(): Snapshot {
    this.#forget();
    const watchers = [...this.#watchers].filter(([name]) => !HELPERS.has(name));
    return {
      watchers: watchers.map(([name, { processes }]) => ({ name, processes: [...processes.values()].map(({ figures }) => figures) })),
      sockets: [...this.#sockets.values()].map(({ reads }) => reads),
    };
  }

  #watcher(name: string): KnownWatcher {
    const watcher = this.#watchers.get(name) ?? { processes: new Map(), heard: 0 };
    watcher.heard = this.#time;
    this.#watchers.set(name, watcher);
    return watcher;
  }

  #markGone({ processes }: KnownWatcher, living: ReadonlySet<number>): void {
    for (const process of processes.values()) {
      const gone = !living.has(process.figures.pid);
      if (gone !== process.figures.gone) process.figures = { ...process.figures, gone };
    }
  }

  #forget(): void {
    const late = ({ heard }: { readonly heard: Millis }): boolean => this.#time - heard > this.#timeout;
    for (const [name, watcher] of this.#watchers) {
      for (const [pid, process] of watcher.processes) if (late(process)) watcher.processes.delete(pid);
      if (watcher.processes.size === 0 && late(watcher)) this.#watchers.delete(name);
    }
    for (const [fd, socket] of this.#sockets) if (late(socket)) this.#sockets.delete(fd);
  }
}

function figuresOf(stats: PublishedStats): ProcessFigures {
  return {
    pid: stats.pid,
    name: stats.name,
    cpu: stats.cpu,
    mem: stats.mem,
    rss: stats.rss ?? bytesOf(stats.mem_info1),
    time: stats.cpu_seconds ?? secondsOf(stats.ctime),
    age: stats.age,
    user: stats.username,
    command: stats.cmdline,
    gone: false,
  };
}
