/** Remembers each process from look to look: its time on the processor, and how often in a row it was beyond a limit. */
import type { ProcessStats } from "circusd/plugin";
import { exceeded, type Limit, type Limits, type Usage } from "./limits.js";

interface Known {
  /** A pid may be used again. */
  readonly born: number;
  readonly at: number;
  readonly cpuSeconds: number | null;
  readonly counts: ReadonlyMap<Limit, number>;
}

export interface Judgement {
  readonly exceeded: readonly Limit[];
  /** The limits that it was beyond too often in a row. */
  readonly guilty: readonly Limit[];
}

export class Processes {
  readonly #limits: Limits;
  #known = new Map<number, Known>();
  #next = new Map<number, Known>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Judges a process at this look. @param at seconds, of a clock that nobody sets */
  judge(stats: ProcessStats, at: number): Judgement {
    const found = this.#known.get(stats.pid);
    const before = found?.born === stats.create_time ? found : null;
    const beyond = exceeded(usageOf(stats, at, before), this.#limits);
    const counts = new Map(beyond.map((limit) => [limit, (before?.counts.get(limit) ?? 0) + 1]));
    const guilty = beyond.filter((limit) => (counts.get(limit) ?? 0) > this.#limits.maxCount);
    const known = { born: stats.create_time, at, cpuSeconds: stats.cpu_seconds ?? null };
    this.#next.set(stats.pid, { ...known, counts: guilty.length > 0 ? new Map() : counts });
    return { exceeded: beyond, guilty };
  }

  /** Ends a look: processes that were not judged at it are forgotten. */
  finish(): void {
    this.#known = this.#next;
    this.#next = new Map();
  }
}

function usageOf(stats: ProcessStats, at: number, before: Known | null): Usage {
  return {
    cpu: before === null ? null : cpuOf(stats, at, before),
    mem: numberOf(stats.mem) ?? 100,
    bytes: stats.rss ?? parseSize(stats.mem_info1),
  };
}

/** What circusd calls cpu counts from whoever looked last; between our own looks it has to be reckoned. */
function cpuOf(stats: ProcessStats, at: number, before: Known): number {
  if (stats.cpu_seconds === undefined || before.cpuSeconds === null || at <= before.at) return numberOf(stats.cpu) ?? 100;
  return (100 * (stats.cpu_seconds - before.cpuSeconds)) / (at - before.at);
}

/** Circus has `N/A` for what it may not see. */
function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** `1.77M` in bytes, as a circusd of Python tells it. */
function parseSize(text: string): number {
  const [, digits = "0", unit = "B"] = /^([\d.]+)([BKMGTP])$/.exec(text) ?? [];
  return Number(digits) * 1024 ** "BKMGTP".indexOf(unit);
}
