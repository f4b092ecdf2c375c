/** What can stand where the cursor is: for the shell's Tab key, in circusctl's own shell and in bash. */
import { COMMAND_OPTIONS, GLOBAL_OPTIONS } from "./options.js";
import { commandNames, isCommandName, loadCommand } from "./commands.js";
import type { Env } from "./world.js";

/** Watcher names of the daemon, or nothing where it does not answer. */
export type WatcherNames = () => Promise<readonly string[]>;

/**
 * The candidates for the last of the words, which may be empty.
 * @example `complete(["st"], names)` gives start, stats, status, stop
 */
export async function complete(words: readonly string[], names: WatcherNames): Promise<readonly string[]> {
  const current = words.at(-1) ?? "";
  const [first] = words;
  const found = (candidates: readonly string[]): readonly string[] =>
    candidates.filter((candidate) => candidate.startsWith(current)).sort();
  if (words.length <= 1) return found(current.startsWith("-") ? GLOBAL_OPTIONS.map(({ name }) => `--${name}`) : commandNames());
  if (first === "help") return found(commandNames());
  if (first === undefined || !isCommandName(first)) return [];
  const command = await loadCommand(first);
  if (current.startsWith("-"))
    return found([...GLOBAL_OPTIONS, ...command.options.map((name) => COMMAND_OPTIONS[name])].map(({ name }) => `--${name}`));
  const takesName = /^\[?<name>/.test(command.manual.operands) && command.name !== "add";
  const takesMore = command.manual.operands.includes("<name>...");
  return takesName && (words.length === 2 || takesMore) ? found(await names()) : [];
}

/** The words up to the cursor, as bash tells them in COMP_WORDS and COMP_CWORD, without the program. */
export function wordsOfBash(env: Env): readonly string[] {
  const words = (env["COMP_WORDS"] ?? "").split(/\s+/).slice(1);
  const position = Number(env["COMP_CWORD"] ?? "1");
  const upToCursor = words.slice(0, position);
  return upToCursor.length < position ? [...upToCursor, ""] : upToCursor;
}
