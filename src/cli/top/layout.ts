/** The whole screen as lines: title, sums, column titles, the rows in sight, and the keys. */
import type { Snapshot } from "./model.js";
import { placeColumns } from "./columns.js";
import { FOOTER, KEY_HELP } from "./keys.js";
import { headLine, rowLine, selectedLine, type Line, type Look, type Paper, type Span } from "./lines.js";
import { sumsOf, type Row } from "./rows.js";
import type { SortColumn } from "./sort.js";
import { columnsOf, fit, type Signs } from "./text.js";
import { percent, size, thousands } from "./units.js";
import type { View } from "./view.js";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whether figures come: yes, not yet, or no longer. */
export type Connection = { readonly kind: "live" } | { readonly kind: "waiting" } | { readonly kind: "silent"; readonly seconds: number };

/** Everything that a screen is made of. */
export interface Scene {
  readonly snapshot: Snapshot;
  readonly rows: readonly Row[];
  readonly view: View;
  readonly connection: Connection;
  readonly endpoint: string;
  readonly size: Size;
  readonly signs: Signs;
}

/** Which lines are what, from the top. */
interface Sections {
  readonly title: number;
  readonly sums: number;
  readonly head: number;
  readonly body: number;
  readonly footer: number;
}

/** What a place on the screen is. */
export type Place = { readonly kind: "column"; readonly column: SortColumn } | { readonly kind: "row"; readonly index: number } | null;

/** How many lines there are for rows. */
export function bodyHeight(size: Size): number {
  return sectionsOf(size).body;
}

function sectionsOf({ height }: Size): Sections {
  const [title, sums, head, footer] = [height >= 3 ? 1 : 0, height >= 7 ? 1 : 0, height >= 4 ? 1 : 0, height >= 5 ? 1 : 0];
  return { title, sums, head, body: Math.max(0, height - title - sums - head - footer), footer };
}

/** What is at a place; `x` and `y` count from 0. */
export function placeAt(x: number, y: number, { size, view, rows }: Pick<Scene, "size" | "view" | "rows">): Place {
  const { title, sums, head, body } = sectionsOf(size);
  const top = title + sums + head;
  if (view.help) return null;
  if (head === 1 && y === top - 1) {
    const column = placeColumns(size.width).find(({ from, width }) => x < from + width);
    return column === undefined ? null : { kind: "column", column: column.id };
  }
  const index = view.offset + y - top;
  return y >= top && y < top + body && index < rows.length ? { kind: "row", index } : null;
}

export function layOut(scene: Scene): readonly Line[] {
  const { size: room, signs, view } = scene;
  const sections = sectionsOf(room);
  const paper: Paper = { columns: placeColumns(room.width), width: room.width, signs };
  return [
    ...(sections.title === 1 ? [titleLine(scene, sections.sums === 0)] : []),
    ...(sections.sums === 1 ? [scene.connection.kind === "live" ? sumsLine(scene) : noticeLine(scene)] : []),
    ...(sections.head === 1 ? [view.help ? blank("head", " Keys") : headLine(view.sort, paper)] : []),
    ...filled(view.help ? helpLines(scene) : bodyLines(scene, paper), sections.body),
    ...(sections.footer === 1 ? [view.typing ? filterLine(scene) : footerLine(scene)] : []),
  ];
}

function bodyLines({ rows, view, connection, size: room }: Scene, paper: Paper): readonly Line[] {
  if (rows.length === 0 && view.filter !== "") return [blank("plain"), blank("dim", `  Nothing matches "${view.filter}": Esc shows all`)];
  return rows.slice(view.offset, view.offset + bodyHeight(room)).map((row, line) => {
    const drawn = rowLine(row, paper, connection.kind === "silent");
    return view.offset + line === view.index ? selectedLine(drawn) : drawn;
  });
}

function filled(lines: readonly Line[], height: number): readonly Line[] {
  return Array.from({ length: height }, (_, line) => lines[line] ?? blank("plain"));
}

function blank(look: Look, text = ""): Line {
  return { spans: text === "" ? [] : [{ text, look }], look };
}

function titleLine(scene: Scene, noticesHere: boolean): Line {
  const { endpoint, connection, size: room, signs } = scene;
  if (noticesHere && connection.kind !== "live") return noticeLine(scene);
  const state = connection.kind === "live" ? "live" : connection.kind === "waiting" ? "waiting" : "no figures";
  const start = fit(" circus-top ", Math.min(12, room.width), signs);
  const end = room.width - start.length < state.length + 2 ? "" : ` ${state} `;
  return {
    spans: [
      { text: start, look: "title" },
      { text: fit(` ${endpoint}`, room.width - start.length - end.length, signs), look: "plain" },
      { text: end, look: connection.kind === "live" ? "good" : "notice" },
    ],
    look: "plain",
  };
}

/** Says in words what the figures are worth. */
function noticeLine({ connection, endpoint, size: room, signs, snapshot }: Scene): Line {
  const text =
    connection.kind === "silent"
      ? `No figures for ${connection.seconds} s: waiting for circusd to come back`
      : snapshot.servers === undefined
        ? `Waiting for figures from ${endpoint} (is statsd = True?)`
        : `Waiting for the circusd at ${endpoint}`;
  return { spans: [{ text: fit(` ${text}`, room.width, signs), look: "notice" }], look: "plain" };
}

function sumsLine({ snapshot, view, size: room, signs }: Scene): Line {
  const sums = sumsOf(snapshot.watchers.flatMap(({ processes }) => processes));
  const reads = snapshot.sockets.reduce((sum, socket) => sum + socket.reads, 0);
  // Shares of several hosts' memory come to no sum.
  const { servers } = snapshot;
  const parts: readonly (readonly [label: string, value: string])[] = [
    ...(servers === undefined ? [] : [["servers", thousands(servers.length)] as const]),
    ["watchers", thousands(snapshot.watchers.length)],
    ["processes", thousands(sums.count)],
    ["CPU", `${percent(sums.cpu)}%`],
    ...(servers === undefined ? [["MEM", `${percent(sums.mem)}%`] as const] : []),
    ["RSS", size(sums.rss)],
    ...(snapshot.sockets.length === 0 ? [] : [["reads/s", thousands(reads)] as const]),
  ];
  const groups = parts.map(([label, value], index): readonly Span[] => [
    { text: `${index === 0 ? " " : "   "}${label} `, look: "dim" },
    { text: value, look: "bold" },
  ]);
  const filter = view.filter === "" || view.typing ? "" : ` filter: ${view.filter} `;
  return within(groups, filter === "" ? null : { text: filter, look: "notice" }, { width: room.width, signs });
}

function footerLine({ size: room, signs }: Scene): Line {
  const groups = FOOTER.map(({ keys, text }): readonly Span[] => [
    { text: ` ${keys} `, look: "key" },
    { text: `${text} `, look: "label" },
  ]);
  return within(groups, null, { width: room.width, signs });
}

function filterLine({ view, size: room, signs }: Scene): Line {
  const label = " Filter: ";
  const end = "  Enter keeps, Esc clears";
  const text = fit(view.filter, Math.max(0, Math.min(columnsOf(view.filter), room.width - label.length - 1)), signs);
  const typed: readonly Span[] = [
    { text: label, look: "key" },
    { text, look: "bold" },
    { text: " ", look: "cursor" },
  ];
  return within([typed, [{ text: end, look: "dim" }]], null, { width: room.width, signs });
}

function helpLines({ size: room, signs }: Scene): readonly Line[] {
  const widest = Math.max(...KEY_HELP.map(({ keys }) => keys.length));
  const keysWidth = Math.min(widest + 4, Math.floor(room.width / 2));
  return [
    ...KEY_HELP.map(({ keys, text }): Line => ({
      spans: [
        { text: fit(`  ${keys}`, keysWidth, signs), look: "bold" },
        { text: fit(text, room.width - keysWidth, signs), look: "plain" },
      ],
      look: "plain",
    })),
    blank("plain"),
    blank("dim", "  A watcher's line has the sums of its processes. Any key goes back."),
  ];
}

/** Takes groups of spans from the left as long as whole ones fit; `end` stands on the right whatever happens. */
function within(
  groups: readonly (readonly Span[])[],
  end: Span | null,
  { width, signs }: { readonly width: number; readonly signs: Signs },
): Line {
  const tail = end === null ? [] : [{ ...end, text: fit(end.text, Math.min(columnsOf(end.text), width), signs) }];
  let room = width - widthOf(tail);
  const taken: Span[] = [];
  for (const group of groups) {
    const columns = widthOf(group);
    if (columns > room) break;
    taken.push(...group);
    room -= columns;
  }
  return { spans: tail.length === 0 ? taken : [...taken, { text: " ".repeat(room), look: "plain" }, ...tail], look: "plain" };
}

function widthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + columnsOf(text), 0);
}
