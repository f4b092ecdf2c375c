/** Shell patterns by Python's rules: `*` also matches slashes and dots, there are no braces, case matters. */

/** @returns a test of whole texts against one pattern; `matcher("web*")("web:1")` is true */
export function matcher(pattern: string): (text: string) => boolean {
  const expression = new RegExp(`^${translate(pattern)}$`, "su");
  return (text) => expression.test(text);
}

/** True where a pattern has any special character; without one it stands for itself. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

function translate(pattern: string): string {
  let out = "";
  const characters = Array.from(pattern);
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    const end = character === "[" ? classEnd(characters, at) : -1;
    if (character === "*") out += ".*";
    else if (character === "?") out += ".";
    else if (end !== -1) {
      out += characterClass(characters.slice(at + 1, end));
      at = end;
    } else out += literal(character);
  }
  return out;
}

/** Where the class that opens here is closed; a `]` in first place belongs to it. -1 where it never is. */
function classEnd(characters: readonly string[], open: number): number {
  let first = open + 1;
  if (characters[first] === "!") first += 1;
  return characters.indexOf("]", first + 1);
}

function characterClass(inner: readonly string[]): string {
  const negated = inner[0] === "!";
  const members = negated ? inner.slice(1) : inner;
  let out = "";
  for (let at = 0; at < members.length; at += 1) {
    const low = members[at] ?? "";
    const high = members[at + 1] === "-" ? members[at + 2] : undefined;
    if (high === undefined) {
      out += member(low);
      continue;
    }
    // A range that runs backwards matches nothing, where a regular expression would throw.
    if (low <= high) out += `${member(low)}-${member(high)}`;
    at += 2;
  }
  if (out === "") return negated ? "." : "[^\\s\\S]";
  return `[${negated ? "^" : ""}${out}]`;
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function member(character: string): string {
  return character === "-" ? "\\-" : literal(character);
}
