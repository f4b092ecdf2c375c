/**
 * Words of a command line and back, by the rules of Python's `shlex`, which are Circus's: quotes and backslashes
 * as in a POSIX shell, and nothing else has a meaning.
 */
import { fail, succeed, type Result } from "./result.js";

/**
 * Quotes a word so that splitting gives it back; one that needs no quotes stays as it is.
 * @example `quoteWord("a b") === "'a b'"`
 */
export function quoteWord(word: string): string {
  return word === "" || /[\s'"\\]/.test(word) ? `'${word.replaceAll("'", `'"'"'`)}'` : word;
}

/**
 * Quotes a word for a real shell, where more characters than quotes and blanks have a meaning.
 * @example `quoteForShell("a;b") === "'a;b'"`
 */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** A run without quotes, a word in single quotes, one in double quotes, or an escaped character. */
const PART = /([^\s'"\\]+)|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/.source;

/**
 * Splits a line into words.
 * @example `splitWords("status 'My App'")` has the words `status` and `My App`
 */
export function splitWords(line: string): Result<readonly string[], string> {
  const words: string[] = [];
  let word: string | null = null;
  let at = 0;
  const part = new RegExp(PART, "y");
  while (at < line.length) {
    if (/\s/.test(line.charAt(at))) {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
      continue;
    }
    part.lastIndex = at;
    const found = part.exec(line);
    if (found === null) return fail(line.charAt(at) === "\\" ? "nothing follows its last backslash" : "a quotation mark is not closed");
    word = (word ?? "") + (found[1] ?? found[2] ?? found[3]?.replace(/\\(["\\])/g, "$1") ?? found[4] ?? "");
    at = part.lastIndex;
  }
  return succeed(word === null ? words : [...words, word]);
}
