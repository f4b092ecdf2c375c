/** The order of rows: by one column, the same for watchers and for the processes of each. */

/** What rows are sorted by, in the order in which the columns stand. */
export const SORT_COLUMNS = ["name", "cpu", "mem", "rss", "time", "age", "user", "command"] as const;

export type SortColumn = (typeof SORT_COLUMNS)[number];

export interface Sort {
  readonly column: SortColumn;
  /** Against the natural order, which is A to Z for words and the greatest first for figures. */
  readonly reversed: boolean;
  /** Watchers keep their places by name, as in Circus, so that whole groups do not jump about. */
  readonly watchersByName: boolean;
}

/** Before anything is chosen: the busiest process of each watcher first. */
export const FIRST_SORT: Sort = { column: "cpu", reversed: false, watchersByName: true };

/** What rows are compared by: a watcher has sums, a process its own. */
export interface Comparable {
  readonly cpu: number;
  readonly mem: number;
  readonly rss: number;
  readonly time: number;
  readonly age: number;
  readonly user: string;
  readonly command: string;
}

const WORDS: ReadonlySet<SortColumn> = new Set(["name", "user", "command"]);

/** Whether the sign of the column points up: the smallest stands on top. */
export function isRising({ column, reversed }: Sort): boolean {
  return WORDS.has(column) !== reversed;
}

/** The sort after a column was chosen, for watchers too; the same one again turns the order round. */
export function chooseColumn(sort: Sort, column: SortColumn): Sort {
  return { column, reversed: sort.column === column && !sort.watchersByName && !sort.reversed, watchersByName: false };
}

/** The sort by the next column to the right or to the left, round the ends. */
export function shiftColumn(sort: Sort, by: 1 | -1): Sort {
  const index = SORT_COLUMNS.indexOf(sort.column) + by + SORT_COLUMNS.length;
  return { column: SORT_COLUMNS[index % SORT_COLUMNS.length] ?? "name", reversed: false, watchersByName: false };
}

/** Compares by the column; `byName` decides between equals, always in its natural order, so that rows stay where they are. */
export function comparing<T>(sort: Sort, figures: (item: T) => Comparable, byName: (a: T, b: T) => number): (a: T, b: T) => number {
  const { column } = sort;
  const sign = sort.reversed ? -1 : 1;
  if (column === "name") return (a, b) => sign * byName(a, b);
  return (a, b) => sign * compareBy(column, figures(a), figures(b)) || byName(a, b);
}

/** Compares names as they are, without regard to a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareBy(column: Exclude<SortColumn, "name">, a: Comparable, b: Comparable): number {
  if (column === "user" || column === "command") return compareText(a[column], b[column]);
  // What reads the same is the same, or idle processes would change places without a reason to be seen.
  if (column === "cpu" || column === "mem") return Math.round(b[column] * 10) - Math.round(a[column] * 10);
  return b[column] - a[column];
}
