/** A log record to one line of text, in the way of Python's `logging.Formatter`. */
import { strftime, type TimeFormat } from "../streams/strftime.js";

export interface LogRecord {
  readonly name: string;
  readonly severity: number;
  readonly message: string;
  readonly time: Date;
  readonly pid: number;
}

type Field = (record: LogRecord, time: TimeFormat) => string | number;

const FIELDS: Readonly<Record<string, Field>> = {
  asctime: (record, time) => time(record.time.getTime() / 1000),
  created: (record) => record.time.getTime() / 1000,
  levelname: (record) => levelName(record.severity),
  levelno: (record) => record.severity,
  message: (record) => record.message,
  msecs: (record) => record.time.getMilliseconds(),
  name: (record) => record.name,
  process: (record) => record.pid,
  processName: () => "MainProcess",
  thread: () => 0,
  threadName: () => "MainThread",
};

const LEVEL_NAMES: Readonly<Record<number, string>> = { 10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL" };
const DIRECTIVE = /%(?:%|\((\w+)\)([-0#+ ]*)(\d*)(?:\.(\d+))?([a-zA-Z]))/g;

/**
 * Prepares a %-style format. A field that has no meaning here stays in the line as it was written.
 * @example `makeFormatter("%(levelname)-8s %(message)s", null)(record)`
 */
export function makeFormatter(format: string, dateFormat: string | null): (record: LogRecord) => string {
  const time = dateFormat === null ? withMilliseconds() : strftime(dateFormat);
  return (record) =>
    format.replace(DIRECTIVE, (whole: string, ...parts: (string | undefined)[]) => {
      const [name, flags = "", width = "", precision, kind = ""] = parts;
      if (name === undefined) return "%";
      const field = fieldOf(name);
      if (field === null) return whole;
      return pad(convert(field(record, time), precision, kind), flags, width);
    });
}

/** The names of fields in a format that have no meaning here, such as `lineno`. */
export function unknownFields(format: string): readonly string[] {
  const names = [...format.matchAll(DIRECTIVE)].map((match) => match[1]).filter((name) => name !== undefined);
  return names.filter((name) => fieldOf(name) === null);
}

function fieldOf(name: string): Field | null {
  return Object.hasOwn(FIELDS, name) ? (FIELDS[name] ?? null) : null;
}

function levelName(severity: number): string {
  return LEVEL_NAMES[severity] ?? `Level ${severity}`;
}

/** Python's form where none is asked for: `2026-11-21 13:05:00,042`. */
function withMilliseconds(): TimeFormat {
  const seconds = strftime("%Y-%m-%d %H:%M:%S");
  return (epoch) => `${seconds(epoch)},${String(Math.floor((epoch % 1) * 1000 + 0.5)).padStart(3, "0")}`;
}

function convert(value: string | number, precision: string | undefined, kind: string): string {
  if (kind === "s" || typeof value === "string") return precision === undefined ? String(value) : String(value).slice(0, Number(precision));
  if (kind === "d" || kind === "i" || kind === "u") return String(Math.trunc(value));
  return kind === "f" ? value.toFixed(precision === undefined ? 6 : Number(precision)) : String(value);
}

function pad(text: string, flags: string, width: string): string {
  const size = width === "" ? 0 : Number(width);
  if (flags.includes("-")) return text.padEnd(size);
  return text.padStart(size, flags.includes("0") ? "0" : " ");
}
