/** Cuts the output of a program into lines for the log: complete lines, bounded in length and number. Pure. */

export interface LineLog {
  push(text: string): void;
  /** Writes the last, unfinished line, and how much was left out. */
  end(): void;
}

/** Lines of one run of a hook that are written to the log. */
const MOST_LINES = 100;
/** Characters of one line. */
const LONGEST_LINE = 2000;

/** @example `const lines = makeLineLog((line) => log.info(line)); lines.push("one\ntw"); lines.push("o\n"); lines.end();` */
export function makeLineLog(write: (line: string) => void): LineLog {
  let pending = "";
  let written = 0;
  let dropped = 0;

  const put = (line: string): void => {
    if (line === "") return;
    if (written === MOST_LINES) dropped++;
    else write(clean(line));
    written = Math.min(written + 1, MOST_LINES);
  };
  return {
    push: (text) => {
      const lines = (pending + text).split("\n");
      // What is beyond the limit is never written, so there is no need to keep it.
      pending = (lines.pop() ?? "").slice(0, LONGEST_LINE + 1);
      lines.forEach(put);
    },
    end: () => {
      put(pending);
      pending = "";
      if (dropped > 0) write(`${dropped} more lines of output were left out`);
    },
  };
}

/** Control characters would let a program forge lines of the log, or paint on the terminal that shows it. */
function clean(line: string): string {
  const shown = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
  return shown.trimEnd().replace(/\p{Cc}/gu, " ");
}
