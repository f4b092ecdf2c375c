/** What `circus-top --help` prints. */
import { COLUMN, optionLines, wrap } from "../option-list.js";
import { KEY_HELP } from "./keys.js";
import { TOP_OPTIONS } from "./options.js";

export const TOP_USAGE = "usage: circus-top [options]";

export function topHelp(): string {
  return [
    TOP_USAGE,
    "",
    "Shows what the watchers of a circusd use, live: processes, CPU, memory, sockets",
    "",
    "options:",
    ...optionLines(TOP_OPTIONS),
    "",
    ...wrap("Where standard input or output is no terminal, or TERM is dumb, it prints a table once, as with --once.", ""),
    ...wrap(
      "With --cluster nothing but circusd is asked, so statsd is not needed; watchers stand below their servers, and of sockets nothing is shown.",
      "",
    ),
    "",
    "keys:",
    ...KEY_HELP.map(({ keys, text }) => `  ${keys}`.padEnd(COLUMN) + text),
    "",
    ...wrap(
      "Exit status: 0 done, 1 no figures came or they cannot be reached, 2 wrong usage; 128 and the number of a signal that ended it.",
      "",
    ),
  ].join("\n");
}
