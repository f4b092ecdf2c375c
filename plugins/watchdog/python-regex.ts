/** Regular expressions in Python's form, as a circus.ini has them. */

/** Python's flags at the beginning of an expression, and what they are here; others change nothing here. */
const FLAGS: Readonly<Record<string, string>> = { i: "i", m: "m", s: "s", u: "u" };

/**
 * A regular expression that matches from the beginning of a text, as Python's re.match does, with groups named as in
 * Python, `(?P<pid>\d+)`, or as in JavaScript.
 * @throws SyntaxError where it is none
 */
export function pythonRegex(pattern: string): RegExp {
  const [, letters = "", body = pattern] = /^\(\?([aiLmsux]+)\)([^]*)$/.exec(pattern) ?? [];
  const flags = letters.replace(/./g, (letter) => FLAGS[letter] ?? "");
  const translated = body
    .replaceAll("(?P<", "(?<")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
    .replaceAll("\\A", "^")
    .replaceAll("\\Z", "$");
  return new RegExp(`^(?:${translated})`, flags);
}
