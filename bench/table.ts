/** The figures of one run as a table that people read. */

/** A limit of the figure itself, or of how many times the floor it is. */
export type Target = { readonly atMost: number } | { readonly atLeast: number } | { readonly atMostTimesFloor: number };

export interface Line {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** The same work without a supervisor, in this very run. */
  readonly floor?: number;
  readonly target?: Target;
  /** What Circus 0.19, or Circuit, was measured at on another day; only its order of magnitude is comparable. */
  readonly circus?: string;
}

/** A line with what else the machine was doing. */
export interface Measured extends Line {
  /** Mean number of runnable tasks in the minute before; at rest it is 0. */
  readonly load: number;
}

const HEAD = ["what", "ours", "floor", "ours/floor", "target", "", "Circus 0.19, Circuit", "load"];

/** @returns a Markdown table */
export function renderTable(lines: readonly Measured[]): string {
  const rows = [HEAD, ...lines.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const text = rows.map((row) => `| ${row.map((cell, column) => align(cell, widths[column] ?? 0, column)).join(" | ")} |`);
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [text[0], rule, ...text.slice(1)].join("\n");
}

function cells({ what, unit, ours, floor, target, circus, load }: Measured): readonly string[] {
  const ratio = floor === undefined || floor === 0 ? "" : `${(ours / floor).toFixed(2)} ×`;
  const value = (number: number): string => `${figure(number)} ${unit}`.trim();
  return [
    what,
    value(ours),
    floor === undefined ? "" : value(floor),
    ratio,
    target === undefined ? "" : describe(target, value),
    target === undefined ? "" : isMet(target, ours, floor) ? "met" : "missed",
    circus ?? "",
    load.toFixed(1),
  ];
}

function describe(target: Target, value: (number: number) => string): string {
  if ("atMostTimesFloor" in target) return `≤ ${target.atMostTimesFloor} × floor`;
  return "atMost" in target ? `≤ ${value(target.atMost)}` : `≥ ${value(target.atLeast)}`;
}

function isMet(target: Target, ours: number, floor: number | undefined): boolean {
  if ("atMostTimesFloor" in target) return floor !== undefined && ours <= target.atMostTimesFloor * floor;
  return "atMost" in target ? ours <= target.atMost : ours >= target.atLeast;
}

/** Three digits that count, and all of those before the point. */
function figure(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

function align(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
