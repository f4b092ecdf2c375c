/** A table of any length: only the rows that are seen are in the page. On a phone its rows are cards. */
import { Component, type ComponentChildren, type JSX, type RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Cell, nextSort, type Slice, sliceOf, type Sort, sortRows } from "./model/table.js";

export interface Column<R, C extends string = string> {
  readonly id: C;
  readonly title: string;
  readonly numeric?: boolean;
  /** What it is sorted by; without, it cannot be. */
  readonly cell?: (row: R) => Cell;
  readonly render: (row: R) => ComponentChildren;
}

export interface TableProps<R, C extends string> {
  readonly label: string;
  /** A class for widths and the height of cards. */
  readonly kind: string;
  /** The same array each time, or every row is drawn again. */
  readonly columns: readonly Column<R, C>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string | number;
  readonly sort: Sort<C>;
  readonly onSort: (sort: Sort<C>) => void;
}

export function Table<R, C extends string>({ label, kind, columns, rows, keyOf, sort, onSort }: TableProps<R, C>): JSX.Element {
  const body = useRef<HTMLTableSectionElement>(null);
  const cell = columns.find(({ id }) => id === sort.column)?.cell;
  const sorted = cell === undefined ? rows : sortRows(rows, cell, sort.descending);
  const { from, to, rowHeight } = useSlice(body, sorted.length);
  return (
    <table class={`table ${kind}`} aria-label={label} aria-rowcount={sorted.length + 1}>
      <thead>
        <tr>
          {columns.map((column) => (
            <Head key={column.id} column={column} sort={sort} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        <Gap rows={from} rowHeight={rowHeight} />
        {sorted.slice(from, to).map((row, at) => (
          <Row key={keyOf(row)} row={row} columns={columns} index={from + at + 2} />
        ))}
        <Gap rows={sorted.length - to} rowHeight={rowHeight} />
      </tbody>
    </table>
  );
}

interface HeadProps<R, C extends string> {
  readonly column: Column<R, C>;
  readonly sort: Sort<C>;
  readonly onSort: (sort: Sort<C>) => void;
}

function Head<R, C extends string>({ column, sort, onSort }: HeadProps<R, C>): JSX.Element {
  const { id, title, cell, numeric = false } = column;
  const sorted = sort.column === id ? (sort.descending ? "descending" : "ascending") : undefined;
  return (
    <th scope="col" class={`${id}${numeric ? " numeric" : ""}`} aria-sort={sorted}>
      {cell === undefined ? (
        <span class={title === "Actions" ? "unseen" : undefined}>{title}</span>
      ) : (
        <button type="button" class="sort" onClick={() => onSort(nextSort(sort, id, numeric))}>
          {title}
          <i class={sorted} aria-hidden="true" />
        </button>
      )}
    </th>
  );
}

interface RowProps<R, C extends string> {
  readonly row: R;
  readonly columns: readonly Column<R, C>[];
  readonly index: number;
}

/** Drawn again only when what it shows is another. */
class Row<R, C extends string> extends Component<RowProps<R, C>> {
  override shouldComponentUpdate(next: RowProps<R, C>): boolean {
    return next.row !== this.props.row || next.columns !== this.props.columns || next.index !== this.props.index;
  }

  override render({ row, columns, index }: RowProps<R, C>): JSX.Element {
    return (
      <tr aria-rowindex={index}>
        {columns.map(({ id, title, numeric = false, render }) => (
          <td key={id} class={`${id}${numeric ? " numeric" : ""}`} data-title={title}>
            {render(row)}
          </td>
        ))}
      </tr>
    );
  }
}

/** The height of rows that are not in the page. */
function Gap({ rows, rowHeight }: { readonly rows: number; readonly rowHeight: number }): JSX.Element | null {
  return rows <= 0 ? null : <tr class="gap" aria-hidden="true" style={{ height: `${rows * rowHeight}px` }} />;
}

/** Pixels of a row until one could be measured. */
const USUAL_HEIGHT = 40;

function useSlice(body: RefObject<HTMLTableSectionElement | null>, count: number): Slice & { readonly rowHeight: number } {
  const [rowHeight, setRowHeight] = useState(USUAL_HEIGHT);
  const [slice, setSlice] = useState<Slice>({ from: 0, to: Math.min(count, Math.ceil(window.innerHeight / USUAL_HEIGHT)) });
  useLayoutEffect(() => {
    const look = (): void => {
      const element = body.current;
      if (element === null) return;
      const measured = heightOf(element) ?? rowHeight;
      if (measured !== rowHeight && measured > 0) setRowHeight(measured);
      const next = sliceOf(count, {
        top: -element.getBoundingClientRect().top,
        height: window.innerHeight,
        rowHeight: measured || rowHeight,
      });
      setSlice((now) => (now.from === next.from && now.to === next.to ? now : next));
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [count, rowHeight]);
  return { from: Math.min(slice.from, count), to: Math.min(slice.to, count), rowHeight };
}

/** Pixels from one row to the next, which on a phone have a gap between them. */
function heightOf(body: HTMLElement): number | null {
  const [first, second] = body.querySelectorAll<HTMLElement>("tr:not(.gap)");
  if (first === undefined || second === undefined) return first?.offsetHeight ?? null;
  return second.getBoundingClientRect().top - first.getBoundingClientRect().top;
}
