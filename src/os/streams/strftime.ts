/**
 * Times as text after strftime(3), in the C locale as Python prints them. Local time follows TZ.
 * Unlike Python's naive datetimes, %z and %Z tell the zone.
 */

/** Turns seconds since the epoch into text. */
export type TimeFormat = (epoch: number) => string;

type Directive = (date: Date) => string;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAY_MS = 86_400_000;

const two = (value: number, fill = "0"): string => String(value).padStart(2, fill);
const named = (names: readonly string[], index: number): string => names[index] ?? "";
const twelve = (date: Date): number => date.getHours() % 12 || 12;
const yearDay = (date: Date): number =>
  Math.round((Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) / DAY_MS) + 1;

/** Week of the year whose first day is the first Sunday (0) or Monday (1). */
function week(date: Date, firstDay: 0 | 1): number {
  return Math.floor((yearDay(date) + 6 - ((date.getDay() + 7 - firstDay) % 7)) / 7);
}

/** ISO 8601: the week belongs to the year that its Thursday is in. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 4 - (date.getDay() || 7));
  return { year: thursday.getFullYear(), week: Math.ceil(yearDay(thursday) / 7) };
}

function offset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** Node knows a zone's short name only in the English of those who live there. */
const ENGLISHES = ["en-US", "en-GB", "en-AU", "en-CA", "en-IN", "en-NZ"];

function zone(date: Date): string {
  for (const locale of ENGLISHES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short" }).formatToParts(date);
    const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]+$/.test(name)) return name;
  }
  return offset(date);
}

const DIRECTIVES: Readonly<Record<string, string | Directive>> = {
  a: (d) => named(DAYS, d.getDay()).slice(0, 3),
  A: (d) => named(DAYS, d.getDay()),
  b: (d) => named(MONTHS, d.getMonth()).slice(0, 3),
  B: (d) => named(MONTHS, d.getMonth()),
  c: "%a %b %e %H:%M:%S %Y",
  C: (d) => two(Math.floor(d.getFullYear() / 100)),
  d: (d) => two(d.getDate()),
  D: "%m/%d/%y",
  e: (d) => two(d.getDate(), " "),
  F: "%Y-%m-%d",
  g: (d) => two(isoWeek(d).year % 100),
  G: (d) => String(isoWeek(d).year),
  h: "%b",
  H: (d) => two(d.getHours()),
  I: (d) => two(twelve(d)),
  j: (d) => String(yearDay(d)).padStart(3, "0"),
  k: (d) => two(d.getHours(), " "),
  l: (d) => two(twelve(d), " "),
  m: (d) => two(d.getMonth() + 1),
  M: (d) => two(d.getMinutes()),
  n: () => "\n",
  p: (d) => (d.getHours() < 12 ? "AM" : "PM"),
  P: (d) => (d.getHours() < 12 ? "am" : "pm"),
  r: "%I:%M:%S %p",
  R: "%H:%M",
  s: (d) => String(Math.floor(d.getTime() / 1000)),
  S: (d) => two(d.getSeconds()),
  t: () => "\t",
  T: "%H:%M:%S",
  u: (d) => String(d.getDay() || 7),
  U: (d) => two(week(d, 0)),
  V: (d) => two(isoWeek(d).week),
  w: (d) => String(d.getDay()),
  W: (d) => two(week(d, 1)),
  x: "%m/%d/%y",
  X: "%H:%M:%S",
  y: (d) => two(d.getFullYear() % 100),
  Y: (d) => String(d.getFullYear()),
  z: offset,
  Z: zone,
  "%": () => "%",
};

/** Directives with an optional `-`, which takes the filling away, as in `%-d`. */
const DIRECTIVE = /%(-?)([a-zA-Z%])/g;

function expand(format: string, date: Date): string {
  return format.replace(DIRECTIVE, (whole: string, bare: string, letter: string) => {
    const directive = DIRECTIVES[letter];
    // As in the C library, what is no directive stands for itself.
    if (directive === undefined) return whole;
    const text = typeof directive === "string" ? expand(directive, date) : directive(date);
    return bare === "" ? text : text.replace(/^[0 ]+(?=.)/, "");
  });
}

/** Splits at `%f`, but not at the `f` of `%%f`. */
function splitAtFraction(format: string): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const match of format.matchAll(DIRECTIVE)) {
    if (match[2] !== "f") continue;
    pieces.push(format.slice(from, match.index));
    from = match.index + match[0].length;
  }
  pieces.push(format.slice(from));
  return pieces;
}

/**
 * Makes a function from seconds since the epoch to text. All but `%f` is worked out once a second.
 * @example `strftime("%Y-%m-%d %H:%M:%S.%f")(1_700_000_000.25)` is `2023-11-14 22:13:20.250000` where TZ is UTC
 */
export function strftime(format: string): TimeFormat {
  const pieces = splitAtFraction(format);
  let second = Number.NaN;
  let texts: readonly string[] = [];
  return (epoch) => {
    const now = Math.floor(epoch);
    if (now !== second) {
      second = now;
      const date = new Date(now * 1000);
      texts = pieces.map((piece) => expand(piece, date));
    }
    if (texts.length === 1) return texts[0] ?? "";
    return texts.join(String(Math.floor((epoch - now) * 1e6)).padStart(6, "0"));
  };
}
