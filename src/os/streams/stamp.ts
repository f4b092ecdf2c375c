/** Frames put around each line: the time and process in front, for FancyStdoutStream also colours. */
import type { Clock } from "../../core/ports.js";
import { NEWLINE, type Origin } from "./sink.js";
import type { TimeFormat } from "./strftime.js";
import type { Frame } from "./weave.js";

export interface Dress {
  readonly before: string;
  readonly after: string;
  readonly skipEmpty: boolean;
}

export const PLAIN: Dress = { before: "", after: "\n", skipEmpty: false };

/** Framed lines are gathered here before they are handed on. */
const SHEET_SIZE = 64 * 1024;

/**
 * Makes the frame `TIME [PID] | line` of Circus, for every line. All lines of one chunk bear the time at
 * which the chunk was read. A last line without an end gets one.
 */
export function stampFrame(time: TimeFormat, clock: Clock, dress: Dress): Frame {
  const sheet = Buffer.allocUnsafeSlow(SHEET_SIZE);
  const after = Buffer.from(dress.after);
  const prefixOf = prefixes(dress.before);

  return (lines: Buffer, origin: Origin, put: (bytes: Buffer) => void) => {
    const prefix = prefixOf(time(clock.epoch()), origin.pid);
    const around = prefix.length + after.length;
    let at = 0;
    const flush = (): void => {
      if (at > 0) put(sheet.subarray(0, at));
      at = 0;
    };
    for (let from = 0; from < lines.length;) {
      const found = lines.indexOf(NEWLINE, from);
      const end = found === -1 ? lines.length : found;
      if (end > from || !dress.skipEmpty) {
        if (at + around + end - from > SHEET_SIZE) flush();
        if (around + end - from > SHEET_SIZE) {
          put(Buffer.concat([prefix, lines.subarray(from, end), after]));
        } else {
          at += prefix.copy(sheet, at);
          at += lines.copy(sheet, at, from, end);
          at += after.copy(sheet, at);
        }
      }
      from = end + 1;
    }
    flush();
  };
}

/** A prefix is made once for each process and second. */
function prefixes(before: string): (time: string, pid: number) => Buffer {
  let current = "";
  const made = new Map<number, Buffer>();
  return (time, pid) => {
    if (time !== current) {
      made.clear();
      current = time;
    }
    let prefix = made.get(pid);
    if (prefix === undefined) {
      prefix = Buffer.from(`${before}${time} [${pid}] | `);
      made.set(pid, prefix);
    }
    return prefix;
  };
}
