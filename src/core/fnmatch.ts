/**
 * Shell patterns by Python's rules: `*` also matches slashes and dots, there are no braces, case matters.
 * Matching takes time in proportion to text times pattern whatever they are: patterns come over the wire.
 */

/** What one character of a text must be; null is a `*`. */
type Token = ((character: string) => boolean) | null;

/** @returns a test of whole texts against one pattern; `matcher("web*")("web:1")` is true */
export function matcher(pattern: string): (text: string) => boolean {
  const tokens = tokenize(Array.from(pattern));
  return (text) => matches(tokens, Array.from(text));
}

/** True where a pattern has any special character; without one it stands for itself. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

/** Only the last star is ever reconsidered: what an earlier one took can stay as short as it was. */
function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let at = 0;
  let star = -1;
  let taken = 0;
  while (at < text.length) {
    const fits = tokens[token];
    if (fits === null) {
      star = token;
      taken = at;
      token += 1;
    } else if (fits?.(text[at] ?? "") === true) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      taken += 1;
      at = taken;
      token = star + 1;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === null);
}

function tokenize(pattern: readonly string[]): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? "";
    const end = character === "[" ? classEnd(pattern, at) : -1;
    if (character === "*") tokens.push(null);
    else if (character === "?") tokens.push(() => true);
    else if (end !== -1) {
      tokens.push(characterClass(pattern.slice(at + 1, end)));
      at = end;
    } else tokens.push((other) => other === character);
  }
  return tokens;
}

/** Where the class that opens here is closed; a `]` in first place belongs to it. -1 where it never is. */
function classEnd(characters: readonly string[], open: number): number {
  let first = open + 1;
  if (characters[first] === "!") first += 1;
  return characters.indexOf("]", first + 1);
}

function characterClass(inner: readonly string[]): (character: string) => boolean {
  const negated = inner[0] === "!";
  const members = negated ? inner.slice(1) : inner;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < members.length; at += 1) {
    const low = members[at] ?? "";
    const high = members[at + 1] === "-" ? members[at + 2] : undefined;
    // A range that runs backwards matches nothing.
    ranges.push([low, high ?? low]);
    if (high !== undefined) at += 2;
  }
  return (character) => ranges.some(([low, high]) => low <= character && character <= high) !== negated;
}
