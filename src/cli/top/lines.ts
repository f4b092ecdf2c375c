/** One row as a line: texts with a look each, cut to the columns there is room for. */
import type { Column } from "./columns.js";
import type { ServerFigures } from "./model.js";
import type { Row, Sums } from "./rows.js";
import { isRising, type Sort } from "./sort.js";
import { fit, fitRight, type Signs } from "./text.js";
import { age, percent, processorTime, size, thousands } from "./units.js";

export type Look =
  "plain" | "bold" | "dim" | "title" | "good" | "notice" | "head" | "sorted" | "selected" | "warm" | "hot" | "key" | "label" | "cursor";

export interface Span {
  readonly text: string;
  readonly look: Look;
}

/** A line of the screen; what its spans leave free is filled with `look`. */
export interface Line {
  readonly spans: readonly Span[];
  readonly look: Look;
}

export interface Paper {
  readonly columns: readonly Column[];
  readonly width: number;
  readonly signs: Signs;
}

/** Percent of a core from which a figure stands out. */
const WARM = 50;
const HOT = 90;

const INDENT = "    ";

/** What belongs to a server stands below it. */
const INSET = "  ";

export function headLine(sort: Sort, { columns, signs }: Paper): Line {
  const mark = isRising(sort) ? signs.rising : signs.falling;
  const title = ({ id, title: text, right }: Column): string => {
    if (sort.column !== id) return id === "name" ? ` ${text}` : text;
    return right ? mark + text : `${id === "name" ? ` ${text}` : text}${id === "name" ? " " : ""}${mark}`;
  };
  return {
    spans: inColumns(columns, signs, (column) => ({ text: title(column), look: sort.column === column.id ? "sorted" : "head" })),
    look: "head",
  };
}

/** @param stale the figures are old, as nobody sends any */
export function rowLine(row: Row, paper: Paper, stale: boolean): Line {
  const line = { spans: spansOf(row, paper), look: "plain" } as const;
  if (row.kind === "server") return line;
  if (!stale && row.server?.stale !== true && !(row.kind === "process" && row.figures.gone)) return line;
  return { ...line, spans: line.spans.map(({ text }) => ({ text, look: "dim" })) };
}

/** The same line as the selected one. */
export function selectedLine(line: Line): Line {
  return { spans: line.spans.map(({ text }) => ({ text, look: "selected" })), look: "selected" };
}

function spansOf(row: Row, paper: Paper): readonly Span[] {
  const indent = row.server === undefined ? INDENT : `${INSET}${INDENT}`;
  switch (row.kind) {
    case "server":
      return serverSpans(row, paper);
    case "watcher":
      return watcherSpans(row, paper);
    case "process": {
      const { figures } = row;
      const name = figures.name === null ? "" : ` ${figures.name}`;
      return inColumns(paper.columns, paper.signs, ({ id }) => {
        if (id === "name") return { text: `${indent}${figures.pid}${name}`, look: "plain" };
        if (id === "user") return { text: figures.user, look: "plain" };
        return id === "command" ? { text: figures.command, look: "plain" } : figure(id, figures);
      });
    }
    case "sockets": {
      const name = `${row.folded ? paper.signs.folded : paper.signs.open} sockets (${row.count})`;
      return socketSpans({ text: ` ${name}`, look: "bold" }, { text: `${thousands(row.reads)} reads/s`, look: "bold" }, paper);
    }
    case "socket": {
      const { reads, address } = row.socket;
      const look = reads === 0 ? "dim" : "plain";
      return socketSpans({ text: `${INDENT}${address}`, look: "plain" }, { text: `${thousands(reads)} reads/s`, look }, paper);
    }
  }
}

function watcherSpans(row: Extract<Row, { kind: "watcher" }>, { columns, signs, width }: Paper): readonly Span[] {
  const { name, sums, shown, folded, server } = row;
  const count = shown === sums.count ? thousands(sums.count) : `${thousands(shown)}/${thousands(sums.count)}`;
  const room = columns[0]?.width ?? 0;
  const start = `${server === undefined ? "" : INSET} ${folded ? signs.folded : signs.open} `;
  // The number is seen also where the name is too long for both.
  const tail = ` (${count})`;
  const title = fit(name, Math.min(room - start.length - tail.length, name.length * 2), signs).trimEnd();
  const spans = inColumns(columns, signs, ({ id }) => {
    if (id === "name") return { text: `${start}${title}${tail}`, look: "bold" };
    return id === "user" || id === "command" ? { text: "", look: "plain" } : figure(id, sums, "bold");
  });
  const user = columns.find(({ id }) => id === "user");
  if (user === undefined || sums.count < 2) return spans;
  const note = fit(`average CPU ${percent(sums.average)}%`, width - user.from, signs);
  return [...spans.slice(0, columns.indexOf(user)), { text: `  ${note}`, look: "dim" }];
}

/** A server has its name, the sums of its processes, and in words what is the matter with it. */
function serverSpans(
  { figures, sums, folded, server }: Extract<Row, { kind: "server" }>,
  { columns, signs, width }: Paper,
): readonly Span[] {
  const stale = server?.stale === true;
  const usual: Look = stale ? "dim" : "bold";
  const title = ` ${folded ? signs.folded : signs.open} ${figures.name}`;
  const spans = inColumns(columns, signs, ({ id }) => {
    if (id === "name") return { text: title, look: stale ? "notice" : "title" };
    if (id === "user" || id === "command") return { text: "", look: "plain" };
    const { text, look } = figure(id, sums, usual);
    return { text, look: stale ? usual : look };
  });
  const note = noteOf(figures);
  if (note === "") return spans;
  // Where there is no room behind the figures, words say more than old figures do.
  const place = columns.find(({ id }) => id === "user" || id === "command") ?? columns[1];
  if (place === undefined) return spans;
  return [...spans.slice(0, columns.indexOf(place)), { text: `  ${fit(note, Math.max(0, width - place.from), signs)}`, look: "notice" }];
}

function noteOf({ state, silence }: ServerFigures): string {
  if (state === "lost") return "lost";
  if (silence !== null) return `no answer for ${Math.floor(silence / 1000)} s`;
  return state === "slow" ? "slow" : "";
}

/** An address may be long: it has the room of some columns, and the count stands on the right of them. */
function socketSpans(name: Span, count: Span, { columns, signs, width }: Paper): readonly Span[] {
  const edge = columns.findLast(({ id }) => id === "rss" || id === "mem" || id === "cpu");
  const end = edge === undefined ? width : edge.from + edge.width;
  const room = Math.max(0, end - count.text.length - 1);
  return [
    { text: fit(name.text, room, signs), look: name.look },
    { text: fitRight(count.text, end - room, signs), look: count.look },
  ];
}

type Figure = Exclude<Column["id"], "name" | "user" | "command">;

function figure(id: Figure, values: Pick<Sums, Figure>, usual: Look = "plain"): Span {
  switch (id) {
    case "cpu":
      return { text: percent(values.cpu), look: values.cpu >= HOT ? "hot" : values.cpu >= WARM ? "warm" : shade(values.cpu, usual) };
    case "mem":
      return { text: percent(values.mem), look: shade(values.mem, usual) };
    case "rss":
      return { text: size(values.rss), look: usual };
    case "time":
      return { text: processorTime(values.time), look: usual };
    case "age":
      return { text: age(values.age), look: usual };
  }
}

/** What is nothing steps back. */
function shade(value: number, usual: Look): Look {
  return value < 0.05 && usual === "plain" ? "dim" : usual;
}

function inColumns(columns: readonly Column[], signs: Signs, cell: (column: Column) => Span): readonly Span[] {
  let at = 0;
  return columns.map((column) => {
    const { text, look } = cell(column);
    const gap = " ".repeat(Math.max(0, column.from - at));
    at = column.from + column.width;
    return { text: gap + (column.right ? fitRight(text, column.width, signs) : fit(text, column.width, signs)), look };
  });
}
