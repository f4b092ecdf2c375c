/** Splits a command into words by the quoting rules of POSIX's shell, without expanding anything. Pure. */
import { fail, succeed, type Result } from "../core/result.js";

type Scanned = Result<{ readonly text: string; readonly next: number }, string>;

/**
 * Splits at blanks; `'…'` is literal, in `"…"` a backslash escapes only `$`, `` ` ``, `"` and itself, elsewhere it escapes
 * any character.
 * @example `splitWords("/srv/check 'two words' --port=80")` gives `["/srv/check", "two words", "--port=80"]`
 */
export function splitWords(text: string): Result<readonly string[], string> {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text.charAt(at))) {
      if (word !== null) words.push(word);
      word = null;
      at++;
      continue;
    }
    const scanned = scan(text, at);
    if (!scanned.ok) return scanned;
    word = (word ?? "") + scanned.value.text;
    at = scanned.value.next;
  }
  if (word !== null) words.push(word);
  return succeed(words);
}

/** Reads one quoted part, one escaped character or one plain character. */
function scan(text: string, at: number): Scanned {
  switch (text.charAt(at)) {
    case "'":
      return scanSingle(text, at + 1);
    case '"':
      return scanDouble(text, at + 1);
    case "\\":
      if (at + 1 === text.length) return fail("a backslash at the end escapes nothing; remove it");
      return succeed({ text: text.charAt(at + 1), next: at + 2 });
    default:
      return succeed({ text: text.charAt(at), next: at + 1 });
  }
}

function scanSingle(text: string, start: number): Scanned {
  const end = text.indexOf("'", start);
  return end < 0 ? fail("a ' is not closed; add the closing one") : succeed({ text: text.slice(start, end), next: end + 1 });
}

function scanDouble(text: string, start: number): Scanned {
  let found = "";
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return succeed({ text: found, next: at + 1 });
    const escapes = character === "\\" && at + 1 < text.length && '$`"\\'.includes(text.charAt(at + 1));
    if (escapes) at++;
    found += text.charAt(at);
  }
  return fail('a " is not closed; add the closing one');
}
