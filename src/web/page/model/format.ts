/** Figures as people read them: short, and of one width from second to second. */

const UNITS = ["B", "K", "M", "G", "T"] as const;

/** @example `formatBytes(52_428_800) === "50.0M"` */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return "–";
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)}${UNITS[unit] ?? ""}`;
}

/** Percent of a core. @example `formatPercent(7.25) === "7.3%"` */
export function formatPercent(percent: number | null): string {
  if (percent === null) return "–";
  return `${percent >= 100 ? percent.toFixed(0) : percent.toFixed(1)}%`;
}

/** Seconds as the two largest units. @example `formatAge(3725) === "1h 02m"` */
export function formatAge(seconds: number | null): string {
  if (seconds === null) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d ${two(Math.floor((whole % 86_400) / 3600))}h`;
}

/** The time of day where the reader is, with milliseconds where asked for. */
export function formatTime(seconds: number, milliseconds = false): string {
  const date = new Date(seconds * 1000);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return milliseconds ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/** @example `plural(2, "process", "processes") === "2 processes"` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
