/** What can stand where the cursor is: for the shell's Tab key, in circusctl's own shell and in bash. */
import { localNames } from "./local.js";
import { COMMAND_OPTIONS, GLOBAL_OPTIONS } from "./options.js";
import { commandNames, isCommandName, loadCommand } from "./commands.js";
import type { Env } from "./world.js";

/** What only the daemon knows; nothing where it does not answer. */
export interface LiveNames {
  readonly watchers: () => Promise<readonly string[]>;
  readonly commands: () => Promise<readonly string[]>;
  /** What servers of the circuit are called, without the @. */
  readonly servers: () => Promise<readonly string[]>;
}

/**
 * The candidates for the last of the words, which may be empty.
 * @example `complete(["st"], names)` gives start, stats, status, stop
 */
export async function complete(words: readonly string[], names: LiveNames): Promise<readonly string[]> {
  const current = words.at(-1) ?? "";
  const [first] = words;
  if (words.length === 0) return [];
  const found = (candidates: readonly string[]): readonly string[] =>
    candidates.filter((candidate) => candidate.startsWith(current)).sort();
  if (words.length <= 1 && current.startsWith("@")) return found((await names.servers()).map((name) => `@${name}`));
  if (words.length <= 1 && current.startsWith("-")) return found(GLOBAL_OPTIONS.map(({ name }) => `--${name}`));
  if (words.length <= 1 || first === "help") return found([...commandNames(), ...localNames(), ...(await names.commands())]);
  if (first === undefined || !isCommandName(first)) return [];
  const command = await loadCommand(first);
  if (current.startsWith("-"))
    return found([...GLOBAL_OPTIONS, ...command.options.map((name) => COMMAND_OPTIONS[name])].map(({ name }) => `--${name}`));
  const takesName = /^\[?<name>/.test(command.manual.operands) && command.name !== "add";
  const takesMore = command.manual.operands.includes("<name>...");
  return takesName && (words.length === 2 || takesMore) ? found(await names.watchers()) : [];
}

export interface Line {
  /** The global options with a value that stand before the command, by their names. */
  readonly values: Readonly<Record<string, string>>;
  /** The words from the command on; the last may be empty. */
  readonly words: readonly string[];
}

/** Takes global options and `@SERVER` away that stand before the command. One without its value yet leaves no words to complete. */
export function afterGlobalOptions(words: readonly string[]): Line {
  const values: Record<string, string> = {};
  let rest = words;
  for (let first = rest[0]; first !== undefined && /^[-@]/.test(first) && rest.length > 1; first = rest[0]) {
    if (first.startsWith("@")) {
      values["server"] = first.slice(1);
      rest = rest.slice(1);
      continue;
    }
    const [name = "", given] = first.replace(/^--/, "").split(/=(.*)/s, 2);
    const option = GLOBAL_OPTIONS.find((one) => one.name === name);
    const takesWord = option !== undefined && option.kind !== "flag" && given === undefined;
    const value = takesWord ? rest[1] : given;
    if (value !== undefined) values[name] = value;
    rest = rest.slice(takesWord ? 2 : 1);
  }
  return { values, words: rest };
}

/** The words up to the cursor, as bash tells them in COMP_WORDS and COMP_CWORD, without the program. */
export function wordsOfBash(env: Env): readonly string[] {
  const words = (env["COMP_WORDS"] ?? "").split(/\s+/).slice(1);
  const position = Number(env["COMP_CWORD"] ?? "1");
  const upToCursor = words.slice(0, position);
  return upToCursor.length < position ? [...upToCursor, ""] : upToCursor;
}
