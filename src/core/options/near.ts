/** Finds the known name that a mistyped one was probably meant to be. */

/**
 * The closest of the known names, or null where none is close: one slip in a name of up to four
 * characters, two in a longer one. A name that is known itself is its own answer.
 * @example `nearest("numproceses", ["numprocesses", "cmd"]) === "numprocesses"`
 */
export function nearest(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let least = name.length <= 4 ? 1 : 2;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > least) continue;
    const slips = distance(name.toLowerCase(), candidate.toLowerCase());
    if (slips < least || (slips === least && best === null)) {
      best = candidate;
      least = slips;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
