/** Sorting, and which rows of a long table are drawn. */

export interface Sort<C extends string> {
  readonly column: C;
  readonly descending: boolean;
}

export type Cell = string | number | null;

/** Sorted rows, in a stable order; what is not known comes last. */
export function sortRows<R>(rows: readonly R[], cell: (row: R) => Cell, descending: boolean): readonly R[] {
  const turn = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, value: cell(row) }))
    .sort(({ value: one }, { value: other }) => {
      if (one === null || other === null) return Number(one === null) - Number(other === null);
      if (typeof one === "number" && typeof other === "number") return turn * (one - other);
      return turn * String(one).localeCompare(String(other), "en", { numeric: true });
    })
    .map(({ row }) => row);
}

/** What a click on a column's head leads to: figures are wanted highest first, names in their order. */
export function nextSort<C extends string>(sort: Sort<C>, column: C, descendingFirst: boolean): Sort<C> {
  return sort.column === column ? { column, descending: !sort.descending } : { column, descending: descendingFirst };
}

export interface Viewport {
  /** Pixels from the top of the first row to the top of what is seen; negative where the rows begin below. */
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
}

export interface Slice {
  readonly from: number;
  readonly to: number;
}

/** Rows drawn beyond what is seen, so that a quick scroll shows no gap. */
const MARGIN = 8;

/** The rows that are seen, and a few more on each side. */
export function sliceOf(count: number, { top, height, rowHeight }: Viewport): Slice {
  const from = Math.min(count, Math.max(0, Math.floor(top / rowHeight) - MARGIN));
  const to = Math.min(count, Math.max(from, Math.ceil((top + height) / rowHeight) + MARGIN));
  return { from, to };
}

/** Whether all words of the filter are in one of the texts, in any case. */
export function matches(filter: string, texts: readonly string[]): boolean {
  const all = texts.join("\n").toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
