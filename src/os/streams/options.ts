/** Reads the options of a stream as the user wrote them: numbers and booleans may come as text. */
import { fail, type Result, succeed } from "../../core/result.js";
import { type OptionValue, PASS_ON, type StreamSpec } from "../../core/spec.js";
import { type CustomTarget, parseCustomTarget } from "./custom-stream.js";
import type { SizeRule } from "./rollover.js";
import type { TimeRule, When } from "./timed-rollover.js";

export const COLORS = ["red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
export type Color = (typeof COLORS)[number];

export type RolloverRule = { readonly kind: "never" } | ({ readonly kind: "size" } & SizeRule) | ({ readonly kind: "time" } & TimeRule);

/** A stream whose options are known to be right. */
export type StreamPlan =
  | { readonly kind: "file"; readonly filename: string | null; readonly timeFormat: string | null; readonly rollover: RolloverRule }
  | { readonly kind: "stdout" }
  /** circusd's own stdout or stderr, as the case may be. */
  | { readonly kind: "own" }
  | { readonly kind: "fancy"; readonly color: Color | null; readonly timeFormat: string }
  | { readonly kind: "queue" }
  | { readonly kind: "custom"; readonly target: CustomTarget; readonly options: StreamSpec["options"] };

/** Thrown inside this module only, and turned into a failure at its door. */
class OptionFault extends Error {}

const BUILT_IN: Readonly<Record<string, (options: Options) => StreamPlan>> = {
  FileStream: (options) => filePlan(options, sizeRule(options)),
  WatchedFileStream: (options) => filePlan(options, { kind: "never" }),
  TimedRotatingFileStream: (options) => filePlan(options, timeRule(options)),
  StdoutStream: () => ({ kind: "stdout" }),
  FancyStdoutStream: (options) => ({
    kind: "fancy",
    // Circus takes any colour where it does not know the name.
    color: COLORS.find((color) => color === options.text("color")) ?? null,
    timeFormat: options.text("time_format") || "%Y-%m-%d %H:%M:%S",
  }),
  QueueStream: () => ({ kind: "queue" }),
};

/** The built-in classes, as they are named in a circus.ini. */
export const STREAM_CLASSES: readonly string[] = Object.keys(BUILT_IN);

const PYTHON_PREFIX = /^circus\.stream\.(?:file_stream\.)?/;

/** Decodes a stream; the failure names the option, its value and what would be right. */
export function planStream(spec: StreamSpec): Result<StreamPlan, string> {
  if (spec.class === PASS_ON.class) return succeed({ kind: "own" });
  const name = spec.class.replace(PYTHON_PREFIX, "");
  const make = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (make === undefined) return planCustom(spec);
  try {
    return succeed(make(new Options(name, spec.options)));
  } catch (error) {
    if (error instanceof OptionFault) return fail(error.message);
    throw error;
  }
}

function planCustom(spec: StreamSpec): Result<StreamPlan, string> {
  const target = parseCustomTarget(spec.class);
  if (target !== null) return succeed({ kind: "custom", target, options: spec.options });
  const names = STREAM_CLASSES.join(", ");
  if (/^\w+(\.\w+)+$/.test(spec.class)) {
    return fail(
      `Cannot use stream class "${spec.class}": Python classes do not run here; write a module that exports a class with write(record) and name it as ./module.js:Class, or use ${names}`,
    );
  }
  return fail(`Cannot use stream class "${spec.class}": use ${names} or ./module.js:Class`);
}

function filePlan(options: Options, rollover: RolloverRule): StreamPlan {
  return { kind: "file", filename: options.text("filename") || null, timeFormat: options.text("time_format"), rollover };
}

function sizeRule(options: Options): RolloverRule {
  const maxBytes = options.count("max_bytes", 0);
  const backupCount = options.count("backup_count", 0);
  return maxBytes === 0 ? { kind: "never" } : { kind: "size", maxBytes, backupCount };
}

function timeRule(options: Options): RolloverRule {
  const interval = options.count("rotate_interval", 1);
  if (interval === 0) throw options.fault("rotate_interval", "a whole number of at least 1");
  return {
    kind: "time",
    when: options.when("rotate_when"),
    interval,
    backupCount: options.count("backup_count", 0),
    utc: options.flag("utc"),
  };
}

class Options {
  readonly #class: string;
  readonly #values: Readonly<Record<string, OptionValue>>;

  constructor(className: string, values: Readonly<Record<string, OptionValue>>) {
    this.#class = className;
    this.#values = values;
  }

  text(name: string): string | null {
    const value = this.#read(name);
    if (value === null || typeof value === "string") return value;
    throw this.fault(name, "text");
  }

  count(name: string, otherwise: number): number {
    const value = this.#read(name);
    if (value === null || value === "") return otherwise;
    // Python reads 1_000_000 as a number too.
    const number = typeof value === "string" && /^\s*\+?\d+(_\d+)*\s*$/.test(value) ? Number(value.replaceAll("_", "")) : value;
    if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
    throw this.fault(name, "a whole number of at least 0");
  }

  flag(name: string): boolean {
    const value = this.#read(name);
    const word = typeof value === "string" ? value.trim().toLowerCase() : JSON.stringify(value);
    if (FALSE.has(word)) return false;
    if (TRUE.has(word)) return true;
    throw this.fault(name, "true or false");
  }

  when(name: string): When {
    const value = this.#read(name) ?? "H";
    const word = typeof value === "string" ? value.trim().toUpperCase() : "";
    const found = WHENS.find((when) => when === word);
    if (found !== undefined) return found;
    throw this.fault(name, "one of S, M, H, D, MIDNIGHT, W0 (Monday) to W6");
  }

  fault(name: string, right: string): OptionFault {
    const value = this.#read(name);
    const written = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
    return new OptionFault(
      value === null
        ? `Option "${name}" of ${this.#class} is missing: it must be ${right}`
        : `Option "${name}" of ${this.#class} must be ${right}, not ${written}`,
    );
  }

  #read(name: string): OptionValue {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? null) : null;
  }
}

const TRUE = new Set(["true", "yes", "on", "1", "y", "t"]);
const FALSE = new Set(["", "null", "false", "no", "off", "0", "n", "f"]);
const WHENS: readonly When[] = ["S", "M", "H", "D", "MIDNIGHT", "W0", "W1", "W2", "W3", "W4", "W5", "W6"];
