/** Which columns there is room for, and where each stands. */
import type { SortColumn } from "./sort.js";

export interface Column {
  readonly id: SortColumn;
  readonly title: string;
  readonly from: number;
  readonly width: number;
  /** Figures stand on the right. */
  readonly right: boolean;
}

interface Measure {
  readonly id: SortColumn;
  readonly title: string;
  /** Spaces before it. */
  readonly gap: number;
  readonly width: number;
  readonly right: boolean;
}

const FIGURES: readonly Measure[] = [
  { id: "cpu", title: "CPU%", gap: 1, width: 6, right: true },
  { id: "mem", title: "MEM%", gap: 1, width: 5, right: true },
  { id: "rss", title: "RSS", gap: 1, width: 6, right: true },
  { id: "time", title: "TIME", gap: 1, width: 8, right: true },
  { id: "age", title: "AGE", gap: 1, width: 7, right: true },
];
const USER: Measure = { id: "user", title: "USER", gap: 2, width: 8, right: false };
const COMMAND: Measure = { id: "command", title: "COMMAND", gap: 2, width: 12, right: false };

/** What is left out first where there is little room. */
const EXPENDABLE: readonly SortColumn[] = ["user", "time", "command", "rss", "age", "mem", "cpu"];

/** Columns that the names of watchers get at least, and at most. */
const NAMES = { least: 12, usual: 19, most: 40 };

/** @param width columns of the terminal */
export function placeColumns(width: number): readonly Column[] {
  const measures = [...FIGURES, USER, COMMAND];
  const taken = (): number => measures.reduce((sum, { gap, width: own }) => sum + gap + own, 0);
  const least = width < 40 ? NAMES.least : NAMES.usual;
  for (const id of EXPENDABLE) {
    if (taken() + least <= width) break;
    measures.splice(
      measures.findIndex((measure) => measure.id === id),
      1,
    );
  }
  const rest = Math.max(0, width - taken());
  const last = measures.at(-1);
  if (last?.id !== "command") return place(rest, measures);
  const names = Math.min(NAMES.most, NAMES.usual + Math.max(0, Math.floor((width - 80) / 5)), rest);
  return place(names, [...measures.slice(0, -1), { ...last, width: last.width + rest - names }]);
}

function place(names: number, measures: readonly Measure[]): readonly Column[] {
  const columns: Column[] = [{ id: "name", title: "WATCHER / PID", from: 0, width: names, right: false }];
  let at = names;
  for (const { id, title, gap, width, right } of measures) {
    columns.push({ id, title, from: at + gap, width, right });
    at += gap + width;
  }
  return columns;
}
