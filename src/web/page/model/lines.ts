/** Lines of output as the page keeps them: the last ones, decoded, each with a number of its own. */
import type { OutputStream, TailLine } from "../../../wire/contract.js";

/** Lines that are kept and shown; older ones are gone. */
export const KEPT_LINES = 2000;

export interface Line {
  /** Rises by one. */
  readonly number: number;
  readonly pid: number;
  readonly stream: OutputStream;
  readonly time: number;
  readonly text: string;
}

export interface Lines {
  /** Oldest first. */
  readonly kept: readonly Line[];
  /** The number that the next line gets. */
  readonly next: number;
  /** Bytes that were pushed out before they could be read. */
  readonly missed: number;
}

export const NO_LINES: Lines = { kept: [], next: 1, missed: 0 };

/** Adds lines at the end, and lets the oldest go. `decode` reads bytes that are no UTF-8. */
export function addLines(lines: Lines, given: readonly TailLine[], decode: (base64: string) => string): Lines {
  const fresh = given.slice(-KEPT_LINES).map((line, at): Line => ({
    number: lines.next + Math.max(0, given.length - KEPT_LINES) + at,
    pid: line.pid,
    stream: line.stream,
    time: line.time,
    text: line.text ?? decode(line.base64 ?? ""),
  }));
  const kept = lines.kept.slice(Math.max(0, lines.kept.length + fresh.length - KEPT_LINES));
  return { ...lines, kept: [...kept, ...fresh], next: lines.next + given.length };
}
