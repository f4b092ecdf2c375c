/** The manual of `circuit` as text: written from the same tables that the parser reads. */
import { wrap } from "../option-list.js";
import { COMMANDS, OWN_COMMANDS, isCommand, isOwnCommand, type CommandManual, type CommandName, type OwnCommand } from "./commands.js";
import { flagTitle, type Flag } from "./flags.js";
import { COMMAND_OPTIONS, DIAL_OPTIONS } from "./manual.js";
import { COMMAND_FLAGS, DEFAULT_ADDRESS, DIAL_FLAGS, HELP } from "./options.js";

/** Where the second column of a list begins. */
const COLUMN = 26;

/** What `circuit help` prints. */
export function mainHelp(): string {
  return [
    "usage: circuit COMMAND [flags] [arguments]",
    "",
    "Runs and joins what is on the hosts of a circuit",
    "",
    "Commands:",
    ...Object.entries(COMMANDS).flatMap(([name, { summary }]) => item(name, summary)),
    "",
    "Commands that ask no circuit:",
    ...Object.entries(OWN_COMMANDS).flatMap(([name, { summary }]) => item(name, summary)),
    "",
    "Flags of every command that asks a circuit:",
    ...flagLines(DIAL_OPTIONS),
    "",
    "Flags of single commands:",
    ...flagLines(COMMAND_OPTIONS),
    "",
    ...wrap(
      `A server is found by -d, else by --discover, else by the file that $CIRCUIT names, else by $CIRCUIT_DISCOVER, else at ${DEFAULT_ADDRESS}. Flags have one dash or two and may stand before and after arguments.`,
      "",
    ),
    "",
    ...wrap(
      "A path is /SERVER/NAME/…, where SERVER is the id that ls shows, or the name of the server. Exit status: 0 done, 1 it went wrong, 2 wrong usage, 130 interrupted.",
      "",
    ),
    "",
    "See circuit help COMMAND for one command.",
  ].join("\n");
}

/** What `circuit help COMMAND` prints. */
export function commandHelp(name: CommandName | OwnCommand): string {
  const { summary, operands, flags = [], about = "" } = manualOf(name);
  const own = flags.map((flag) => COMMAND_FLAGS[flag]);
  return [
    ...wrap(summary, ""),
    "",
    `usage: ${synopsis(name)}`,
    ...(about === "" ? [] : ["", ...wrap(about, "")]),
    "",
    "Flags:",
    ...flagLines([...own, ...dialFlags(name), HELP]),
    ...(operands.includes("ANCHOR") || operands.includes("GLOB") || operands.includes("SERVER")
      ? ["", ...wrap("A path is /SERVER/NAME/…, where SERVER is the id that ls shows, or the name of the server.", "")]
      : []),
  ].join("\n");
}

/** `circuit mkchan [flags] ANCHOR CAPACITY` */
export function synopsis(name: CommandName | OwnCommand): string {
  const { operands } = manualOf(name);
  return ["circuit", name, "[flags]", ...(operands === "" ? [] : [operands])].join(" ");
}

function manualOf(name: CommandName | OwnCommand): CommandManual {
  return isCommand(name) ? COMMANDS[name] : OWN_COMMANDS[name];
}

/** Those that a command takes besides its own. */
export function dialFlags(name: CommandName | OwnCommand): readonly Flag[] {
  if (!isOwnCommand(name)) return Object.values(DIAL_FLAGS);
  return name === "start" ? [DIAL_FLAGS.discover, DIAL_FLAGS.hmac] : [];
}

function flagLines(flags: readonly Flag[]): readonly string[] {
  return flags.flatMap((flag) => item(flagTitle(flag), flag.help));
}

function item(title: string, text: string): readonly string[] {
  const [first = "", ...others] = wrap(text, " ".repeat(COLUMN));
  const head = `  ${title}`;
  if (head.length > COLUMN - 2) return [head, first, ...others];
  return [head.padEnd(COLUMN) + first.trimStart(), ...others];
}
