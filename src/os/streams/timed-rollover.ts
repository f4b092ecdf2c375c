/** The rule by wall clock: every so many seconds, minutes, hours, days, at midnight or after a day of the week. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { exists, moveIfThere, removeIfThere, type Rollover, toLineEnd } from "./rollover.js";

export type When = "S" | "M" | "H" | "D" | "MIDNIGHT" | `W${0 | 1 | 2 | 3 | 4 | 5 | 6}`;

export interface TimeRule {
  readonly when: When;
  /** How many of these units one file spans. */
  readonly interval: number;
  /** Old files kept; 0 keeps all. */
  readonly backupCount: number;
  readonly utc: boolean;
}

const DAY = 86_400;
const UNITS: Readonly<Record<string, { readonly seconds: number; readonly digits: number }>> = {
  S: { seconds: 1, digits: 14 },
  M: { seconds: 60, digits: 12 },
  H: { seconds: 3_600, digits: 10 },
};
const DAILY = { seconds: DAY, digits: 8 };

/**
 * The first moment, in seconds since the epoch, at which a file that was begun at `epoch` is over.
 * Midnights are the calendar's: a day of 23 or 25 hours is one day.
 */
export function nextRollover(rule: TimeRule, epoch: number): number {
  const from = Math.floor(epoch);
  if (rule.when === "MIDNIGHT") return midnight(rule, from, rule.interval);
  if (rule.when.startsWith("W")) {
    // As in Python the named day (0 is Monday) is the last one of its file.
    const today = (weekday(rule, from) + 6) % 7;
    return midnight(rule, from, ((Number(rule.when[1]) - today + 7) % 7) + 1 + 7 * (rule.interval - 1));
  }
  return from + unit(rule).seconds * rule.interval;
}

/** What is appended to the name of a file that is over at `due`: the moment it began. */
export function suffixFor(rule: TimeRule, due: number): string {
  const days = rule.when === "MIDNIGHT" ? rule.interval : rule.when.startsWith("W") ? 7 * rule.interval : 0;
  const began = days > 0 ? midnight(rule, due, -days) : due - unit(rule).seconds * rule.interval;
  return stamp(rule, began).slice(0, unit(rule).digits);
}

/** @param begun seconds since the epoch when the file that is already there was last written, or now */
export function timedRollover(rule: TimeRule, begun: number): Rollover {
  let due = nextRollover(rule, begun);
  // The longest that a period can be; a rollover further away than that means the clock was set back.
  const longest =
    rule.when === "MIDNIGHT" || rule.when.startsWith("W") ? (7 * rule.interval + 1) * DAY : unit(rule).seconds * rule.interval;
  return {
    share: (bytes, file, epoch) => {
      if (due - epoch > longest) due = nextRollover(rule, epoch);
      if (epoch < due) return bytes.length;
      if (file.midLine) return toLineEnd(bytes);
      if (file.size > 0) return 0;
      due = following(rule, due, epoch);
      return bytes.length;
    },
    roll: async (file, epoch) => {
      await moveIfThere(file, await freeName(`${file}.${suffixFor(rule, due)}`));
      due = following(rule, due, epoch);
      if (rule.backupCount > 0) await removeOldest(file, rule);
      return "moved";
    },
  };
}

/** Periods follow each other without a gap; those in which nothing was written are skipped. */
function following(rule: TimeRule, due: number, epoch: number): number {
  const next = nextRollover(rule, due);
  if (next > epoch) return next;
  if (rule.when === "MIDNIGHT" || rule.when.startsWith("W")) return nextRollover(rule, epoch);
  const span = unit(rule).seconds * rule.interval;
  return due + span * (Math.floor((epoch - due) / span) + 1);
}

/** A name is taken already when the clock went back (each autumn, with H): both files are kept. */
async function freeName(wanted: string): Promise<string> {
  let name = wanted;
  for (let index = 1; await exists(name); index++) name = `${wanted}.${index}`;
  return name;
}

async function removeOldest(file: string, rule: TimeRule): Promise<void> {
  const prefix = `${path.basename(file)}.`;
  const suffix = new RegExp(`^\\d{${unit(rule).digits}}(\\.\\d+)?$`);
  const names = (await readdir(path.dirname(file))).filter((name) => name.startsWith(prefix) && suffix.test(name.slice(prefix.length)));
  const old = names.sort(inOrder).slice(0, Math.max(0, names.length - rule.backupCount));
  for (const name of old) await removeIfThere(path.join(path.dirname(file), name));
}

/** Oldest first: `.9` of one moment comes before its `.10`. */
function inOrder(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}

function unit(rule: TimeRule): { readonly seconds: number; readonly digits: number } {
  return UNITS[rule.when] ?? DAILY;
}

function midnight(rule: TimeRule, epoch: number, days: number): number {
  const date = new Date(epoch * 1000);
  const at = rule.utc
    ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + days)
    : new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
  return Math.floor(at / 1000);
}

function weekday(rule: TimeRule, epoch: number): number {
  const date = new Date(epoch * 1000);
  return rule.utc ? date.getUTCDay() : date.getDay();
}

/** `20240131235959`. */
function stamp(rule: TimeRule, epoch: number): string {
  const date = new Date(epoch * 1000);
  const fields = rule.utc
    ? [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
  return fields.map((field) => String(field).padStart(2, "0")).join("");
}
