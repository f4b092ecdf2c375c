/** Figures as a person reads them. */

const UNITS = ["B", "K", "M", "G", "T", "P", "E"];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1234.5` becomes `1,235`, whatever the locale of the terminal. */
export function thousands(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** One decimal: `4.0`. Beyond 9,999 without. */
export function percent(value: number): string {
  return value < 9999.95 ? value.toFixed(1) : String(Math.round(value));
}

/** Three or four digits and a unit: `1.8M`, `36.4M`, `512M`, `1023K`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)}${UNITS[unit] ?? ""}`;
}

/** The two greatest units: `3d 4h`, `4h 12m`, `12m 5s`, `45s`. @param seconds of age */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${whole % MINUTE}s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)}h ${Math.floor((whole % HOUR) / MINUTE)}m`;
  const days = Math.floor(whole / DAY);
  return days < 1000 ? `${days}d ${Math.floor((whole % DAY) / HOUR)}h` : `${days}d`;
}

/** Processor time as `M:SS.hh`, from 100 minutes on in hours. @param seconds of processor time */
export function processorTime(seconds: number): string {
  if (seconds >= 100 * HOUR) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds >= 100 * MINUTE) return `${Math.floor(seconds / HOUR)}h ${Math.floor((seconds % HOUR) / MINUTE)}m`;
  const hundredths = Math.floor(Math.max(0, seconds) * 100 + 1e-6);
  const [minutes, rest] = [Math.floor(hundredths / 6000), hundredths % 6000];
  return `${minutes}:${String(Math.floor(rest / 100)).padStart(2, "0")}.${String(rest % 100).padStart(2, "0")}`;
}
