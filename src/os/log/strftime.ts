/** Dates by strftime(3) patterns in local time and English, as the C locale has them. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

type Part = (time: Date) => string;

const PARTS: Readonly<Record<string, Part>> = {
  "%": () => "%",
  a: (time) => nameOf(DAYS, time.getDay()).slice(0, 3),
  A: (time) => nameOf(DAYS, time.getDay()),
  b: (time) => nameOf(MONTHS, time.getMonth()).slice(0, 3),
  B: (time) => nameOf(MONTHS, time.getMonth()),
  c: (time) => strftime("%a %b %e %H:%M:%S %Y", time),
  d: (time) => digits(time.getDate(), 2),
  D: (time) => strftime("%m/%d/%y", time),
  e: (time) => String(time.getDate()).padStart(2),
  f: (time) => `${digits(time.getMilliseconds(), 3)}000`,
  F: (time) => strftime("%Y-%m-%d", time),
  h: (time) => strftime("%b", time),
  H: (time) => digits(time.getHours(), 2),
  I: (time) => digits(time.getHours() % 12 || 12, 2),
  j: (time) => digits(dayOfYear(time), 3),
  m: (time) => digits(time.getMonth() + 1, 2),
  M: (time) => digits(time.getMinutes(), 2),
  p: (time) => (time.getHours() < 12 ? "AM" : "PM"),
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  S: (time) => digits(time.getSeconds(), 2),
  T: (time) => strftime("%H:%M:%S", time),
  w: (time) => String(time.getDay()),
  x: (time) => strftime("%m/%d/%y", time),
  X: (time) => strftime("%H:%M:%S", time),
  y: (time) => digits(time.getFullYear() % 100, 2),
  Y: (time) => String(time.getFullYear()),
  z: (time) => offset(time),
  Z: (time) => zone(time),
};

/**
 * Formats a time. A directive that is not known stays as it was written.
 * @example `strftime("%Y-%m-%d %H:%M:%S", new Date())` → `2026-11-21 13:05:00`
 */
export function strftime(pattern: string, time: Date): string {
  return pattern.replace(/%(.)/gs, (whole, letter: string) => (Object.hasOwn(PARTS, letter) ? (PARTS[letter]?.(time) ?? whole) : whole));
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

function nameOf(names: readonly string[], index: number): string {
  return names[index] ?? "";
}

/** Counted in UTC days, because a local day may have 23 or 25 hours. */
function dayOfYear(time: Date): number {
  const day = 24 * 60 * 60 * 1000;
  return (Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) - Date.UTC(time.getFullYear(), 0, 1)) / day + 1;
}

function offset(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60), 2)}${digits(size % 60, 2)}`;
}

function zone(time: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(time);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}
