/** What the user looks at: the selected row, the order, the filter, what is folded; and how keys change it. */
import { actionOf, type Action } from "./keys.js";
import type { Row } from "./rows.js";
import { chooseColumn, FIRST_SORT, shiftColumn, type Sort } from "./sort.js";

export interface View {
  readonly sort: Sort;
  readonly filter: string;
  /** Keys are letters of the filter. */
  readonly typing: boolean;
  readonly allFolded: boolean;
  /** Groups that are not as `allFolded` says. */
  readonly exceptions: ReadonlySet<string>;
  /** Key of the selected row; null is whichever row is first. */
  readonly selected: string | null;
  /** Where the selected row is, or was when it vanished. */
  readonly index: number;
  /** How many rows are above the screen. */
  readonly offset: number;
  readonly help: boolean;
}

/** A key as the terminal's reader gives it: its name, and the text that it types. */
export interface Key {
  readonly name: string;
  readonly text: string;
}

/** What is on the screen now. */
export interface Body {
  readonly rows: readonly Row[];
  /** Lines that there are for rows. */
  readonly height: number;
}

/** What is to be done besides drawing anew. */
export type Effect = "none" | "quit" | "suspend" | "redraw";

export interface Pressed {
  readonly view: View;
  readonly effect: Effect;
}

export const FIRST_VIEW: View = {
  sort: FIRST_SORT,
  filter: "",
  typing: false,
  allFolded: false,
  exceptions: new Set(),
  selected: null,
  index: 0,
  offset: 0,
  help: false,
};

/** Longer than any name that somebody types. */
const LONGEST_FILTER = 100;

export function isFolded(view: View, group: string): boolean {
  return view.allFolded !== view.exceptions.has(group);
}

/** Keeps the selection on its row, wherever that went, and its row on the screen. */
export function settle(view: View, { rows, height }: Body): View {
  const found = view.selected === null ? 0 : rows.findIndex(({ key }) => key === view.selected);
  const index = Math.max(0, Math.min(found === -1 ? view.index : found, rows.length - 1));
  const selected = view.selected === null || rows.length === 0 ? view.selected : (rows[index]?.key ?? null);
  const room = Math.max(1, height);
  const offset = Math.max(0, Math.min(Math.max(view.offset, index - room + 1), index, rows.length - room));
  return { ...view, selected, index, offset };
}

/** Changes the view as a key asks for. */
export function press(view: View, key: Key, body: Body): Pressed {
  const action = actionOf(key.name);
  if (action === "suspend" || action === "redraw") return { view, effect: action };
  if (key.name === "C-c") return { view, effect: "quit" };
  if (view.help) return { view: { ...view, help: false }, effect: "none" };
  if (view.typing) return { view: type(view, key, body), effect: "none" };
  if (action === "quit") return { view, effect: "quit" };
  return { view: action === null ? view : act(view, action, body), effect: "none" };
}

/** Selects the row with that index. */
export function select(view: View, index: number, { rows }: Body): View {
  const at = Math.max(0, Math.min(index, rows.length - 1));
  // The first row is a place rather than a process: who stays there sees the list as it is sorted.
  return { ...view, index: at, selected: at === 0 ? null : (rows[at]?.key ?? null) };
}

/** Folds the group of the selected row, or unfolds it. */
export function toggle(view: View, body: Body): View {
  const row = body.rows[view.index];
  return row === undefined ? view : fold(view, row, !isFolded(view, row.group));
}

function act(view: View, action: Action, body: Body): View {
  if (typeof action === "object") return { ...view, sort: chooseColumn(view.sort, action.sort) };
  switch (action) {
    case "sortLeft":
      return { ...view, sort: shiftColumn(view.sort, -1) };
    case "sortRight":
      return { ...view, sort: shiftColumn(view.sort, 1) };
    case "reverse":
      return { ...view, sort: { ...view.sort, reversed: !view.sort.reversed } };
    case "filter":
      return { ...view, typing: true };
    case "clear":
      return { ...view, filter: "" };
    case "help":
      return { ...view, help: true };
    case "foldAll":
      return foldAll(view, body);
    case "unfoldAll":
      return { ...view, allFolded: false, exceptions: new Set() };
    case "redraw":
    case "suspend":
    case "quit":
      return view;
    case "up":
    case "down":
    case "pageUp":
    case "pageDown":
    case "home":
    case "end":
    case "toggle":
    case "fold":
    case "unfold":
      return move(view, action, body);
  }
}

type Movement = "up" | "down" | "pageUp" | "pageDown" | "home" | "end" | "toggle" | "fold" | "unfold";

function move(view: View, movement: Movement, body: Body): View {
  const row = body.rows[view.index];
  const page = Math.max(1, body.height - 1);
  switch (movement) {
    case "up":
      return select(view, view.index - 1, body);
    case "down":
      return select(view, view.index + 1, body);
    case "pageUp":
      return scroll(view, -page, body);
    case "pageDown":
      return scroll(view, page, body);
    case "home":
      return select({ ...view, offset: 0 }, 0, body);
    case "end":
      return select(view, body.rows.length - 1, body);
    case "toggle":
      return toggle(view, body);
    case "fold":
      return row === undefined ? view : fold(view, row, true);
    case "unfold":
      return row === undefined ? view : fold(view, row, false);
  }
}

/** Moves the selection and what is seen by the same number of rows. */
export function scroll(view: View, by: number, body: Body): View {
  const last = Math.max(0, body.rows.length - body.height);
  return select({ ...view, offset: Math.max(0, Math.min(view.offset + by, last)) }, view.index + by, body);
}

function fold(view: View, row: Row, folded: boolean): View {
  const exceptions = new Set(view.exceptions);
  if (folded === view.allFolded) exceptions.delete(row.group);
  else exceptions.add(row.group);
  return { ...view, exceptions, ...heading(view, row) };
}

function foldAll(view: View, { rows }: Body): View {
  const row = rows[view.index];
  return { ...view, allFolded: true, exceptions: new Set(), ...(row === undefined ? {} : heading(view, row)) };
}

/** A row that is folded away hands the selection to its group; the first place stays the first place. */
function heading(view: View, row: Row): Partial<View> {
  return view.selected === null ? {} : { selected: row.group };
}

function type(view: View, { name, text }: Key, body: Body): View {
  const action = actionOf(name);
  if (name === "enter") return { ...view, typing: false };
  if (name === "escape") return { ...view, typing: false, filter: "" };
  if (name === "backspace" || name === "C-h") {
    return view.filter === "" ? { ...view, typing: false } : { ...view, filter: Array.from(view.filter).slice(0, -1).join("") };
  }
  if (name === "C-u") return { ...view, filter: "" };
  if (/^[^\p{C}]+$/u.test(text)) return { ...view, filter: (view.filter + text).slice(0, LONGEST_FILTER) };
  return action === "up" || action === "down" || action === "pageUp" || action === "pageDown" ? move(view, action, body) : view;
}
