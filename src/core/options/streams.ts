/** The `stdout_stream` and `stderr_stream` options: which classes there are and what each takes. */
import { type Result, fail, succeed } from "../result.js";
import type { OptionValue, StreamSpec } from "../spec.js";
import { type Kind, flag, integer, text, word } from "./kinds.js";
import { nearest } from "./near.js";

export const STREAM_CLASSES = [
  "FileStream",
  "WatchedFileStream",
  "TimedRotatingFileStream",
  "StdoutStream",
  "FancyStdoutStream",
  "QueueStream",
] as const;

export type StreamClass = (typeof STREAM_CLASSES)[number];

export interface StreamOption {
  readonly name: string;
  readonly classes: readonly StreamClass[];
  /** For manuals. */
  readonly label: string;
  readonly default: OptionValue;
  readonly doc: string;
  /** What is wrong with the value: `expected …`; null where it is fine. */
  fault(value: OptionValue): string | null;
}

const FILES = ["FileStream", "WatchedFileStream", "TimedRotatingFileStream"] as const;
const SIZE = integer({ min: 0 });
const COLORS = ["red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
const ROTATIONS = ["S", "M", "H", "D", "W0", "W1", "W2", "W3", "W4", "W5", "W6", "MIDNIGHT"] as const;

/** What a built-in class takes. A user's own class gets everything as written. */
export const STREAM_OPTIONS: readonly StreamOption[] = [
  row("filename", text, { classes: FILES, default: null, doc: "File that the output is appended to. Required." }),
  row("time_format", text, {
    classes: [...FILES, "FancyStdoutStream"],
    default: null,
    doc: "Format, as strftime(3) takes it, of a time stamp put before each line. `FancyStdoutStream` always writes one, `%Y-%m-%d %H:%M:%S` where this is not set; the others only where it is.",
  }),
  row("max_bytes", SIZE, {
    classes: ["FileStream"],
    default: 0,
    doc: "Size in bytes that the file does not exceed: it is rotated before, at the end of a line. `0` never rotates.",
  }),
  row("backup_count", SIZE, {
    classes: ["FileStream", "TimedRotatingFileStream"],
    default: 0,
    doc: "How many rotated files are kept. `0`: a `FileStream` starts its file over, a `TimedRotatingFileStream` keeps them all.",
  }),
  row("rotate_when", word(ROTATIONS, "unit of time"), {
    classes: ["TimedRotatingFileStream"],
    default: "H",
    doc: "Unit of the rotation interval: `S` seconds, `M` minutes, `H` hours, `D` days, `W0` (Monday) to `W6` a weekday, `MIDNIGHT`; in any case.",
  }),
  row("rotate_interval", integer({ min: 1 }), {
    classes: ["TimedRotatingFileStream"],
    default: 1,
    doc: "Number of units between two rotations.",
  }),
  row("utc", flag, { classes: ["TimedRotatingFileStream"], default: false, doc: "Reckons rotation times in UTC instead of local time." }),
  row("color", word(COLORS, "colour"), {
    classes: ["FancyStdoutStream"],
    default: null,
    doc: `Colour of the lines: ${COLORS.map((one) => `\`${one}\``).join(", ")}. Not set, one is chosen.`,
  }),
];

/** Circus once took this option and now ignores it. */
export const DEPRECATED_STREAM_OPTION = "refresh_time";

export interface StreamFault {
  /** The option at fault, without the stream's name. */
  readonly key: string;
  /** Complete, for the wire. */
  readonly message: string;
}

/**
 * Makes a stream of a configuration such as `{ class: "FileStream", filename: "/var/log/web.log" }`.
 * @param name `stdout_stream` or `stderr_stream`, for messages
 */
export function streamFromConf(name: string, conf: Readonly<Record<string, OptionValue>>): Result<StreamSpec, StreamFault> {
  const read = readStreamConf(name, conf);
  return read.ok ? read : fail(read.failure[0]);
}

/** Makes a stream as {@link streamFromConf} does, and tells all that is wrong with its options. */
export function readStreamConf(
  name: string,
  conf: Readonly<Record<string, OptionValue>>,
): Result<StreamSpec, readonly [StreamFault, ...StreamFault[]]> {
  const { class: written, [DEPRECATED_STREAM_OPTION]: _ignored, ...options } = conf;
  const given = written ?? ("filename" in options ? "FileStream" : undefined);
  if (given === undefined) return fail([{ key: "class", message: `'${name}' must have a 'class' key` }]);
  if (typeof given !== "string") return fail([{ key: "class", message: `'${name}.class' isn't a string` }]);
  const found = streamClass(given);
  if (!found.ok) return fail([{ key: "class", message: `Cannot use ${name}.class "${given}": ${found.failure}` }]);
  const [first, ...more] = STREAM_OPTIONS.filter(({ classes }) => classes.some((known) => known === found.value)).flatMap(
    (option): readonly StreamFault[] => {
      const value = options[option.name];
      if (value === undefined)
        return option.name === "filename"
          ? [{ key: "class", message: `Cannot use ${name}.class "${given}": set ${name}.filename too` }]
          : [];
      const wrong = option.fault(value);
      const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
      return wrong === null ? [] : [{ key: option.name, message: `Cannot use ${name}.${option.name} "${shown}": ${wrong}` }];
    },
  );
  return first === undefined ? succeed({ class: found.value, options }) : fail([first, ...more]);
}

/** Names of options that a class takes; null for a user's own, which takes any. */
export function streamOptionNames(className: string): readonly string[] | null {
  if (!STREAM_CLASSES.some((known) => known === className)) return null;
  return STREAM_OPTIONS.filter((option) => option.classes.some((known) => known === className)).map((option) => option.name);
}

/** `FileStream`, `circus.stream.FileStream` → `FileStream`; `./mine.js:Mine` as it is. The failure says what to do. */
export function streamClass(given: string): Result<string, string> {
  const short = given.trim().replace(/^circus\.stream\.(file_stream\.)?/, "");
  if (STREAM_CLASSES.some((known) => known === short)) return succeed(short);
  const colon = short.lastIndexOf(":");
  if (colon > 0 && colon < short.length - 1) return succeed(short);
  if (short.includes(".") && short === given.trim()) {
    return fail(`this is a Python name; port the class to JavaScript and write ./stream.js:${short.slice(short.lastIndexOf(".") + 1)}`);
  }
  const near = nearest(short, STREAM_CLASSES);
  return fail(
    near === null ? `expected ${STREAM_CLASSES.join(", ")}, or a class of yours such as ./stream.js:MyStream` : `did you mean "${near}"?`,
  );
}

interface About {
  readonly classes: readonly StreamClass[];
  readonly default: OptionValue;
  readonly doc: string;
}

function row(name: string, kind: Pick<Kind<unknown>, "label" | "parseText">, about: About): StreamOption {
  return { name, label: kind.label, ...about, fault: (value) => fault(kind, value) };
}

/** A file gives text, the wire text or the value itself. */
function fault(kind: Pick<Kind<unknown>, "parseText">, value: OptionValue): string | null {
  if (value === null || typeof value === "object") return "expected a single value";
  const read = kind.parseText(String(value));
  return read.ok ? null : read.failure;
}
