/** The figures that Circus's FullStats sends of one watcher, by name. */
/** @returns names after the watcher's own, in Circus's order; only two of them where no process lives */
export function figuresOf(stats: Readonly<Record<string, unknown>>): readonly (readonly [name: string, value: number])[] {
  const entries = Object.entries(stats);
  const processes = entries.flatMap(([, process]) => (isProcess(process) ? [process] : []));
  // A number beside the processes; Circus's arbiters had it once, and hooks may add it.
  const spawns = entries.flatMap(([name, value]): [string, number][] =>
    name === "spawn_count" && typeof value === "number" ? [[name, value]] : [],
  );
  const counts: (readonly [string, number])[] = [...spawns, ["watchers_num", processes.length]];
  if (processes.length === 0) return counts;
  const cpu = processes.map((process) => numberOf(process["cpu"]));
  const mem = processes.map((process) => numberOf(process["mem"]));
  const bytes = processes.map((process) => residentBytes(process));
  return [
    ...counts,
    ["cpu_max", Math.max(...cpu)],
    ["cpu_sum", sum(cpu)],
    ["mem_pct_max", Math.max(...mem)],
    ["mem_pct_sum", sum(mem)],
    ["mem_max", Math.max(...bytes)],
    ["mem_sum", sum(bytes)],
  ];
}

type Process = Readonly<Record<string, unknown>>;

/** A process that is gone is a text. */
function isProcess(value: unknown): value is Process {
  return typeof value === "object" && value !== null && "cpu" in value;
}

/** Circus writes "N/A" for a figure that it may not look at. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

/** What was counted, or else what Circus's rounded text says: `1.50K` is 1536. */
function residentBytes({ rss, mem_info1: text }: Process): number {
  if (typeof rss === "number") return rss;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([BKMGTP])/i.exec(typeof text === "string" ? text : "") ?? [];
  if (digits === undefined || unit === undefined) return 0;
  return Math.trunc(Number(digits) * 1024 ** "BKMGTP".indexOf(unit.toUpperCase()));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
