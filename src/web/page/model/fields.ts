/**
 * Options of a watcher as fields of a form: what they are called, how they are written, and how what was typed becomes what
 * the daemon takes. Names, kinds, help and checks are the daemon's own tables.
 */
import {
  defaultWatcher,
  LIMIT_NAMES,
  limitFromText,
  parseHook,
  type SetEffect,
  STREAM_CLASSES,
  STREAM_OPTIONS,
  WATCHER_FAMILIES,
  WATCHER_OPTIONS,
  watcherOption,
} from "../../../core/options.js";
import { fail, type Result, succeed } from "../../../core/result.js";
import { signalName } from "../../../core/signals.js";
import { HOOK_NAMES, type OptionValue } from "../../../core/spec.js";
import { quoteWord } from "../../../core/words.js";

/** `lines` holds `NAME=VALUE` lines. */
export type Input = "flag" | "number" | "signal" | "text" | "lines";

export interface Field {
  readonly name: string;
  readonly kind: string;
  readonly doc: string;
  readonly input: Input;
  /** What is offered; of a signal nothing else can be had. */
  readonly choices: readonly string[];
  /** What a change does besides storing the value; null where it cannot change at run time. */
  readonly effect: SetEffect | null;
  /** The default as it would be typed. */
  readonly preset: string;
}

const SIGNALS = Array.from({ length: 31 }, (_, at) => signalName(at + 1));

/** All signals by name, those first that one sends by hand. */
export const SENT_SIGNALS: readonly string[] = [
  ...new Set(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL", ...SIGNALS]),
];

const FAMILY_NAMES = [
  "env",
  ...["stdout_stream", "stderr_stream"].flatMap((stream) =>
    ["class", ...STREAM_OPTIONS.map(({ name }) => name)].map((name) => `${stream}.${name}`),
  ),
  ...HOOK_NAMES.map((name) => `hooks.${name}`),
  ...LIMIT_NAMES.map((name) => `rlimit_${name}`),
];

/** Every option that there is, in the order of the manual. */
export const FIELD_NAMES: readonly string[] = [...WATCHER_OPTIONS.map(({ name }) => name), ...FAMILY_NAMES];

/** The field of an option; one that nobody knows is text that a plugin may read. */
export function fieldOf(name: string): Field {
  const option = watcherOption(name);
  if (option !== null) {
    const { label, doc, set, default: preset } = option;
    return { name, kind: label, doc, effect: set, preset: written(name, preset), ...inputOf(label) };
  }
  const stream = STREAM_OPTIONS.find((one) => isStreamOption(name) && name.endsWith(`.${one.name}`));
  if (stream !== undefined) {
    const { label, doc } = stream;
    return { name, kind: label, doc: `${doc} For ${stream.classes.join(", ")}.`, effect: "stream", preset: "", input: "text", choices: [] };
  }
  const family = WATCHER_FAMILIES.find((one) => one.name === familyOf(name));
  if (family === undefined)
    return {
      name,
      kind: "text",
      doc: "Not an option of circusd: kept for plugins.",
      effect: "none",
      preset: "",
      input: "text",
      choices: [],
    };
  const { label, doc, set } = family;
  if (isStreamOption(name) && name.endsWith(".class")) {
    return { name, kind: "class", doc, effect: set, preset: "", input: "text", choices: STREAM_CLASSES };
  }
  return { name, kind: label, doc, effect: set, preset: "", input: name === "env" ? "lines" : "text", choices: [] };
}

function inputOf(label: string): { readonly input: Input; readonly choices: readonly string[] } {
  if (label === "true or false") return { input: "flag", choices: ["true", "false"] };
  if (label === "signal") return { input: "signal", choices: SIGNALS };
  return { input: label === "integer" || label === "seconds" || label === "number" ? "number" : "text", choices: [] };
}

function isStreamOption(name: string): boolean {
  return /^std(out|err)_stream\./.test(name);
}

function familyOf(name: string): string {
  if (name.startsWith("hooks.")) return "hooks.NAME";
  if (name.startsWith("rlimit_")) return "rlimit_LIMIT";
  return isStreamOption(name) ? `${name.slice(0, name.indexOf("."))}.OPTION` : name;
}

/** The options of a daemon's reply, one entry a field: objects of a family are taken apart. */
export function entriesOf(options: Readonly<Record<string, OptionValue>>): ReadonlyMap<string, OptionValue> {
  const entries = Object.entries(options).flatMap(([name, value]): [string, OptionValue][] => {
    if (name.endsWith("_stream_conf")) return [];
    if (!["hooks", "stdout_stream", "stderr_stream"].includes(name)) return [[name, value]];
    return Object.entries(table(value)).map(([member, one]) => [`${name}.${member}`, one]);
  });
  const place = (name: string): number => (FIELD_NAMES.includes(name) ? FIELD_NAMES.indexOf(name) : FIELD_NAMES.length);
  return new Map(entries.sort(([one], [other]) => place(one) - place(other)));
}

/** A value as one would type it. */
export function written(name: string, value: OptionValue): string {
  if (value === null) return "";
  if (typeof value === "number") return name === "stop_signal" ? signalName(value) : String(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.map((word) => quoteWord(String(word))).join(" ");
  return Object.entries(value)
    .map(([key, one]) => `${key}=${written(key, one)}`)
    .join("\n");
}

/** Reads what was typed; the failure says what was expected. */
export function readField(name: string, typed: string): Result<OptionValue, string> {
  const option = watcherOption(name);
  if (option !== null) {
    const read = option.parseText(typed);
    return read.ok ? succeed(option.present(read.value(defaultWatcher("", "")))) : read;
  }
  if (name === "env") return readLines(typed);
  if (name.startsWith("rlimit_")) {
    const limit = limitFromText(typed);
    return limit.ok ? succeed(limit.value === "infinity" ? null : limit.value) : limit;
  }
  if (name.startsWith("hooks.") && typed !== "") {
    const hook = parseHook(typed);
    return hook.ok ? succeed(typed) : hook;
  }
  const fault =
    typed === "" ? null : (STREAM_OPTIONS.find((one) => isStreamOption(name) && name.endsWith(`.${one.name}`))?.fault(typed) ?? null);
  return fault === null ? succeed(typed) : fail(fault);
}

function readLines(typed: string): Result<OptionValue, string> {
  const pairs: [string, string][] = [];
  for (const line of typed.split("\n").filter((one) => one.trim() !== "")) {
    const sign = line.indexOf("=");
    if (sign < 1) return fail(`expected NAME=VALUE, not "${line.trim()}"`);
    pairs.push([line.slice(0, sign).trim(), line.slice(sign + 1)]);
  }
  return succeed(Object.fromEntries(pairs));
}

function table(value: OptionValue): Readonly<Record<string, OptionValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {};
}
