/** Variables of a translated program: in its [env:NAME] section, or where they cannot stand there, in front of its command. */
import { quoteWord } from "../../core/words.js";
import { type Draft, type SectionDraft, isWritableVariable } from "./draft.js";

type Variables = readonly (readonly [name: string, value: string])[];

/**
 * Writes what can be written into `[env:NAME]`.
 * @returns what to put before the command so that env(1) sets the others: nothing, or words with a blank behind
 */
export function writeVariables(draft: Draft, watcher: SectionDraft, variables: Variables): string {
  const hard = variables.filter(([key, value]) => !isWritableVariable(key, value));
  const impossible = hard.filter(([key, value]) => /[\r\n\0]/.test(value) || !/^[^=\s\0]+$/.test(key));
  const carried = hard.filter((pair) => !impossible.includes(pair));
  const plain = variables.filter((pair) => !hard.includes(pair));
  for (const [key] of impossible)
    watcher.note(`environment: ${key} cannot be written on one line; set it in a script that starts the program`);
  if (carried.length > 0) {
    const names = carried.map(([key]) => key).join(", ");
    watcher.note(`environment: ${names} is set by env(1) in cmd, because an [env] section would read its value in another way`);
  }
  if (plain.length > 0) {
    const section = draft.section(`env:${patternOf(watcher.subject)}`);
    for (const [key, value] of plain) section.set(key, value);
  }
  return carried.length === 0 ? "" : `env ${carried.map(([key, value]) => quoteWord(`${key}=${value}`)).join(" ")} `;
}

/** Names of [env] sections are lists of patterns, in which these characters have a meaning. */
function patternOf(name: string): string {
  return name.replace(/[,*?[\]]/g, "?");
}
