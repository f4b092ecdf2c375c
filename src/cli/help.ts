/** The manual of circusctl as text: written from the same tables that the parser reads. */
import type { AddedCommandInfo } from "../wire/contract.js";
import { encodeJson } from "../wire/codec.js";
import { optionTitle } from "./args.js";
import type { Command } from "./command.js";
import { COMMANDS, commandNames } from "./commands.js";
import { localList } from "./local.js";
import { COLUMN, optionLines, wrap } from "./option-list.js";
import { COMMAND_OPTIONS, GLOBAL_OPTIONS } from "./options.js";

export const USAGE = "usage: circusctl [options] command [args]";

/** What `circusctl --help` prints. */
export function mainHelp(added: readonly AddedCommandInfo[] = []): string {
  return [
    USAGE,
    "",
    "Controls a Circus daemon",
    "",
    "Commands:",
    ...commandList(added),
    "",
    "Commands that ask no daemon:",
    ...localList(),
    "",
    "options:",
    ...optionLines(GLOBAL_OPTIONS),
    "",
    ...wrap("Options may stand before and after the command. Without a command circusctl is an interactive shell.", ""),
    "",
    ...wrap("Exit status: 0 done, 1 wrong arguments of a command or no answer in time, 2 wrong usage, 3 the daemon refused.", ""),
    "",
    "See circusctl --help COMMAND for one command.",
  ].join("\n");
}

/** Every command with its summary, one a line; after them those that the daemon adds. */
export function commandList(added: readonly AddedCommandInfo[] = []): readonly string[] {
  const own = commandNames().map((name) => ({ name, summary: COMMANDS[name].summary }));
  return [...own, ...added].map(({ name, summary }) => `  ${name.padEnd(COLUMN - 4)}  ${summary}`.trimEnd());
}

/** `circusctl kill <name> [<pid>] [--signum SIGNUM]`. */
export function synopsis(command: Command): string {
  const options = command.options.map((name) => `[${optionTitle(COMMAND_OPTIONS[name])}]`);
  const operands = command.manual.operands === "" ? [] : [command.manual.operands];
  // What follows a foreign command line belongs to it.
  const words = command.words === "command" ? [...options, ...operands] : [...operands, ...options];
  return ["circusctl", command.name, ...words].join(" ");
}

/** What `circusctl --help COMMAND` prints. */
export function commandHelp(command: Command): string {
  const title = COMMANDS[command.name].summary;
  const { about, requests, reply, examples } = command.manual;
  const options = command.options.map((name) => COMMAND_OPTIONS[name]);
  return [
    title,
    "=".repeat(title.length),
    "",
    `usage: ${synopsis(command)}`,
    "",
    ...about.flatMap((paragraph) => [...wrap(paragraph, ""), ""]),
    ...(options.length > 0 ? ["Options", "-------", ...optionLines(options), ""] : []),
    "Examples",
    "--------",
    ...examples.map((example) => `  $ ${example}`),
    "",
    "ZMQ message",
    "-----------",
    ...requests.map((request) => `  ${encodeJson(request)}`),
    "",
    ...wrap(reply, ""),
  ].join("\n");
}
