/** Words that circusctl takes for itself: no command of a daemon can be reached by them. */

/** Commands of circusctl that ask no daemon. */
export const LOCAL_WORDS = ["import"] as const;

export type LocalWord = (typeof LOCAL_WORDS)[number];

/** All of them: those, `help`, and what ends its shell. */
const CONSOLE_WORDS: readonly string[] = [...LOCAL_WORDS, "help", "exit"];

/** Whether circusctl does something of its own at that word. */
export function isConsoleWord(word: string): boolean {
  return CONSOLE_WORDS.includes(word);
}
