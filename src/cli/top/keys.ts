/** Every key of the screen, written once: what it does, and how the help and the footer tell of it. */
import type { SortColumn } from "./sort.js";

export type Action =
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "home"
  | "end"
  | "toggle"
  | "fold"
  | "unfold"
  | "foldAll"
  | "unfoldAll"
  | "sortLeft"
  | "sortRight"
  | "reverse"
  | "filter"
  | "clear"
  | "help"
  | "redraw"
  | "suspend"
  | "quit"
  | { readonly sort: SortColumn };

interface Binding {
  /** Names of keys as the terminal's reader gives them: `S-n` is a capital N, `C-c` is Ctrl-C. */
  readonly keys: readonly string[];
  readonly action: Action;
}

/** A line of the help. */
export interface KeyHelp {
  readonly keys: string;
  readonly text: string;
}

const BINDINGS: readonly Binding[] = [
  { keys: ["up", "k", "C-p"], action: "up" },
  { keys: ["down", "j", "C-n"], action: "down" },
  { keys: ["pageup", "C-b"], action: "pageUp" },
  { keys: ["pagedown", "C-f"], action: "pageDown" },
  { keys: ["home", "g"], action: "home" },
  { keys: ["end", "S-g"], action: "end" },
  { keys: ["space", "enter"], action: "toggle" },
  { keys: ["left"], action: "fold" },
  { keys: ["right"], action: "unfold" },
  { keys: ["-"], action: "foldAll" },
  { keys: ["+", "="], action: "unfoldAll" },
  { keys: ["<", ","], action: "sortLeft" },
  { keys: [">", "."], action: "sortRight" },
  { keys: ["r", "S-i"], action: "reverse" },
  { keys: ["/", "f3", "f4"], action: "filter" },
  { keys: ["escape"], action: "clear" },
  { keys: ["?", "h", "f1"], action: "help" },
  { keys: ["C-l"], action: "redraw" },
  { keys: ["C-z"], action: "suspend" },
  { keys: ["q", "C-c", "f10"], action: "quit" },
  { keys: ["S-n"], action: { sort: "name" } },
  { keys: ["S-p"], action: { sort: "cpu" } },
  { keys: ["S-m"], action: { sort: "mem" } },
  { keys: ["S-r"], action: { sort: "rss" } },
  { keys: ["S-t"], action: { sort: "time" } },
  { keys: ["S-a"], action: { sort: "age" } },
  { keys: ["S-u"], action: { sort: "user" } },
  { keys: ["S-c"], action: { sort: "command" } },
];

/** What the help screen lists. */
export const KEY_HELP: readonly KeyHelp[] = [
  { keys: "Up Down  k j", text: "select the row above or below" },
  { keys: "PgUp PgDn", text: "select a page above or below" },
  { keys: "Home End  g G", text: "go to the first or the last row" },
  { keys: "Space Enter", text: "fold or unfold the watcher, or the server" },
  { keys: "Left Right", text: "fold, unfold" },
  { keys: "-  +", text: "fold, unfold all" },
  { keys: "<  >", text: "sort by the column to the left or to the right" },
  { keys: "N P M R T A U C", text: "sort by name, CPU, memory, RSS, time, age, user, command" },
  { keys: "r", text: "reverse the order; so does the same column again" },
  { keys: "/", text: "filter by watcher, command, user, pid or address" },
  { keys: "Esc", text: "show all rows again" },
  { keys: "Mouse", text: "click titles to sort, rows to select; wheel to scroll" },
  { keys: "Ctrl-L", text: "draw the screen anew" },
  { keys: "Ctrl-Z", text: "go to the background; fg comes back" },
  { keys: "?", text: "this help" },
  { keys: "q Ctrl-C", text: "quit" },
];

/** What the footer shows, the most wanted first. */
export const FOOTER: readonly KeyHelp[] = [
  { keys: "?", text: "Help" },
  { keys: "q", text: "Quit" },
  { keys: "/", text: "Filter" },
  { keys: "< >", text: "Sort" },
  { keys: "r", text: "Reverse" },
  { keys: "Space", text: "Fold" },
  { keys: "- +", text: "Fold all" },
];

/** What a key does, or null. */
export function actionOf(key: string): Action | null {
  return BINDINGS.find(({ keys }) => keys.includes(key))?.action ?? null;
}
