/** The flags of `circuit` as the list of all flags and the manual page have them. */
import { COMMANDS, OWN_COMMANDS, type CommandManual } from "./commands.js";
import type { Flag } from "./flags.js";
import { COMMAND_FLAGS, DIAL_FLAGS, HELP } from "./options.js";

export interface ListedFlag extends Flag {
  /** What the page says in place of the help. */
  readonly detail?: string;
}

/** Of every command that asks a circuit. */
export const DIAL_OPTIONS: readonly ListedFlag[] = [...Object.values(DIAL_FLAGS), HELP];

/** Of single commands, each with those that take it: one name may mean different things to different commands. */
export const COMMAND_OPTIONS: readonly ListedFlag[] = listed();

function listed(): readonly ListedFlag[] {
  const commands: readonly (readonly [string, CommandManual])[] = [...Object.entries(COMMANDS), ...Object.entries(OWN_COMMANDS)];
  const uses: readonly { readonly command: string; readonly flag: Flag }[] = commands.flatMap(([command, { flags = [] }]) =>
    flags.map((key) => ({ command, flag: COMMAND_FLAGS[key] })),
  );
  const byName = new Map(uses.map(({ flag }) => [flag.name, flag]));
  return [...byName.values()]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((flag) => {
      const same = uses.filter((use) => use.flag.name === flag.name);
      const helps = [...new Set(same.map((use) => use.flag.help))];
      const help = helps
        .map(
          (text) =>
            `${same
              .filter((use) => use.flag.help === text)
              .map(({ command }) => command)
              .join(", ")}: ${text}`,
        )
        .join("; ");
      return { ...flag, help, detail: `${help}.` };
    });
}
