/** Commands that modules add to circusd's own: known by name, carried out for programs and for consoles. */
import { isConsoleWord } from "../core/console-words.js";
import type { AddedCommand, LoadCommands } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import { CommandError, ERRNO } from "../wire/contract.js";
import { isCommandName } from "../wire/properties.js";

type Properties = Readonly<Record<string, unknown>>;

export class AddedCommands {
  readonly #load: LoadCommands;
  #byName: ReadonlyMap<string, AddedCommand> = new Map();

  constructor(load: LoadCommands) {
    this.#load = load;
  }

  /** In the order of their names. */
  all(): readonly AddedCommand[] {
    return [...this.#byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  find(name: string): AddedCommand | null {
    return this.#byName.get(name) ?? null;
  }

  /** Takes in the commands of these modules in place of those before; after a failure these stay. */
  async replace(modules: readonly string[]): Promise<Result<void, string>> {
    const loaded = await this.#load(modules);
    if (!loaded.ok) return loaded;
    const byName = new Map<string, AddedCommand>();
    for (const command of loaded.value) {
      if (isCommandName(command.name)) return fail(`Cannot add command "${command.name}": circusd has one of that name; give it another`);
      if (isConsoleWord(command.name))
        return fail(`Cannot add command "${command.name}": circusctl means something of its own by that word; give it another name`);
      if (byName.has(command.name)) return fail(`Cannot add command "${command.name}" twice; give one of them another name`);
      byName.set(command.name, command);
    }
    this.#byName = byName;
    return succeed(undefined);
  }
}

/**
 * Carries out an added command. A console sends the words of its command line as `argv` and gets the text to
 * print as `console`, so that it needs nothing of the module.
 * @throws CommandError with what the module has thrown
 */
export async function carryOut(command: AddedCommand, properties: Properties): Promise<Properties> {
  const { argv } = properties;
  if (argv === undefined) return attempt(ERRNO.conflict, () => command.execute(properties));
  if (!Array.isArray(argv) || !argv.every((word) => typeof word === "string")) throw new CommandError("'argv' isn't a list of strings");
  const asked = await attempt(ERRNO.message, () => command.read(argv));
  const reply = await attempt(ERRNO.conflict, () => command.execute(asked));
  return { ...reply, console: await attempt(ERRNO.conflict, () => command.render(reply)) };
}

/** What a user's module throws is its answer, and no fault of ours. */
async function attempt<T>(errno: typeof ERRNO.conflict | typeof ERRNO.message, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError(cause instanceof Error ? cause.message : String(cause), errno);
  }
}
