/** How busy the processes of a watcher are on average, from the seconds that they have worked between two looks. */

interface Look {
  readonly at: number;
  readonly worked: number;
}

export class CpuMeter {
  readonly #withChildren: boolean;
  #looks: ReadonlyMap<string, Look> = new Map();

  /** @param withChildren counts what the children of a process work as its own */
  constructor(withChildren: boolean) {
    this.#withChildren = withChildren;
  }

  /**
   * @param stats the figures of a watcher by pid, as circusd's `stats` gives them
   * @param now seconds of a clock that nobody sets
   * @returns percent of one core; null while no process has been looked at twice
   */
  measure(stats: Readonly<Record<string, unknown>>, now: number): number | null {
    const looks = new Map<string, Look>();
    const busy = Object.entries(stats).flatMap(([pid, figures]): number[] => {
      if (!isFigures(figures)) return [];
      const worked = this.#worked(figures);
      // A circusd that does not count seconds tells percents of its own.
      if (worked === null) return typeof figures["cpu"] === "number" ? [figures["cpu"]] : [];
      // A pid may come again.
      const key = `${pid} ${String(figures["create_time"])}`;
      const before = this.#looks.get(key);
      looks.set(key, { at: now, worked });
      if (before === undefined || now <= before.at) return [];
      // Children that have ended take their seconds with them.
      return [Math.max(0, ((worked - before.worked) / (now - before.at)) * 100)];
    });
    this.#looks = looks;
    return busy.length === 0 ? null : busy.reduce((sum, one) => sum + one, 0) / busy.length;
  }

  #worked(figures: Figures): number | null {
    const { cpu_seconds: own, children } = figures;
    if (typeof own !== "number") return null;
    if (!this.#withChildren || !Array.isArray(children)) return own;
    return children.reduce((sum: number, child: unknown) => sum + (isFigures(child) ? (this.#worked(child) ?? 0) : 0), own);
  }
}

type Figures = Readonly<Record<string, unknown>>;

function isFigures(value: unknown): value is Figures {
  return typeof value === "object" && value !== null;
}
