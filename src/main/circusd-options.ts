/** circusd's command line: Circus's options and its messages, and `--check`. */
import { parseArgs } from "node:util";
import { fail, succeed, type Result } from "../core/result.js";
import { SEVERITY } from "../os/log/setup.js";
import type { LogLevel } from "../core/spec.js";

/** What the command line says in place of the configuration; null leaves it to the configuration. */
export interface Overrides {
  readonly loglevel: LogLevel | null;
  readonly logoutput: string | null;
  readonly loggerconfig: string | null;
  readonly pidfile: string | null;
}

export type CircusdCommand =
  | { readonly kind: "help" | "version" | "usage" }
  | { readonly kind: "misused"; readonly message: string }
  | { readonly kind: "check"; readonly config: string; readonly overrides: Overrides }
  | { readonly kind: "start"; readonly config: string; readonly overrides: Overrides; readonly daemon: boolean };

interface Option {
  readonly name: string;
  readonly short?: string;
  /** How its value is called in the help; null for a switch. */
  readonly value: string | null;
  readonly help: string;
}

const LEVELS: readonly string[] = ["critical", "error", "warning", "info", "debug"];
const LEVEL_CHOICES = [...LEVELS, ...LEVELS.map((level) => level.toUpperCase())];

/** In the order of the help. */
export const OPTIONS: readonly Option[] = [
  { name: "help", short: "h", value: null, help: "show this help message and exit" },
  { name: "log-level", value: `{${LEVEL_CHOICES.join(",")}}`, help: "log level" },
  {
    name: "log-output",
    value: "LOGOUTPUT",
    help: "where the logs are written: a file, syslog://host[:port][?facility], syslog:///path[?facility], or - for standard error, the default",
  },
  {
    name: "logger-config",
    value: "LOGGERCONFIG",
    help: "a Python logging configuration (.ini, .json or .yaml) that replaces level and output of the logs",
  },
  { name: "daemon", value: null, help: "start circusd in the background" },
  { name: "pidfile", value: "PIDFILE", help: "write the process id to this file" },
  { name: "check", value: null, help: "report every fault of the configuration and exit; nothing is started" },
  { name: "version", value: null, help: "display the version and exit" },
];

const WIDTH = 80;
const HELP_COLUMN = 24;

/** Reads the arguments after the program's name. Like Circus's, a long option may be cut short while it stays unique. */
export function parseCommand(args: readonly string[]): CircusdCommand {
  const expanded = expand(args);
  if (!expanded.ok) return misused(expanded.failure);
  const { values, positionals, unknown } = read(expanded.value);
  if (values.has("help")) return { kind: "help" };
  const missing = [...values].find(([name, value]) => takesValue(name) && value === null);
  if (missing) return misused(`argument --${missing[0]}: expected one argument`);
  const level = values.get("log-level") ?? null;
  if (level !== null && !LEVEL_CHOICES.includes(level)) return misused(`argument --log-level: ${invalidChoice(level)}`);
  const [config, ...rest] = positionals;
  const extra = [...unknown, ...rest];
  if (extra.length > 0) return misused(`unrecognized arguments: ${extra.join(" ")}`);
  if (values.has("version")) return { kind: "version" };
  if (config === undefined) return values.has("check") ? misused("argument --check: expected a configuration file") : { kind: "usage" };
  const overrides = overridesOf(values, level);
  return values.has("check") ? { kind: "check", config, overrides } : { kind: "start", config, overrides, daemon: values.has("daemon") };
}

/** The command line that says the same, without `--daemon`. */
export function argumentsOf(config: string, overrides: Overrides): readonly string[] {
  const pairs = [
    ["--log-level", overrides.loglevel],
    ["--log-output", overrides.logoutput],
    ["--logger-config", overrides.loggerconfig],
    ["--pidfile", overrides.pidfile],
  ] as const;
  return [...pairs.flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`])), "--", config];
}

/** The short reminder, with its line end. */
export function usageText(): string {
  const parts = [...OPTIONS.map((option) => `[${spelled(option)}]`), "[config]"];
  const indent = " ".repeat("usage: circusd ".length);
  return `usage: circusd ${wrap(parts, WIDTH - indent.length).join(`\n${indent}`)}\n`;
}

/** The whole help, with its line end. */
export function helpText(): string {
  const options = OPTIONS.map((option) =>
    entry(option.short === undefined ? spelled(option) : `-${option.short}, ${spelledLong(option)}`, option.help),
  );
  const config = entry("config", "configuration file");
  return `${usageText()}\nRun some watchers.\n\npositional arguments:\n${config}\n\noptions:\n${options.join("\n")}\n`;
}

function overridesOf(values: ReadonlyMap<string, string | null>, level: string | null): Overrides {
  const known = Object.keys(SEVERITY).find((name): name is LogLevel => name === level?.toLowerCase());
  return {
    loglevel: known ?? null,
    logoutput: values.get("log-output") ?? null,
    loggerconfig: values.get("logger-config") ?? null,
    pidfile: values.get("pidfile") ?? null,
  };
}

function read(args: readonly string[]) {
  const options = Object.fromEntries(
    OPTIONS.map(({ name, short, value }) => [
      name,
      { type: value === null ? ("boolean" as const) : ("string" as const), ...(short === undefined ? {} : { short }) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string | null>();
  const positionals: string[] = [];
  const unknown: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    else if (token.kind === "option" && Object.hasOwn(options, token.name)) values.set(token.name, token.value ?? null);
    else if (token.kind === "option") unknown.push(token.rawName);
  }
  return { values, positionals, unknown };
}

/** Writes out what was cut short: `--pid` is `--pidfile`; an ambiguous one is a failure. */
function expand(args: readonly string[]): Result<readonly string[], string> {
  const end = args.indexOf("--");
  const expanded: string[] = [];
  for (const [index, arg] of args.entries()) {
    const match = end === -1 || index < end ? /^--([a-z][a-z-]*)(=.*)?$/s.exec(arg) : null;
    const written = match?.[1] ?? "";
    const candidates = OPTIONS.filter((option) => option.name.startsWith(written));
    const exact = OPTIONS.some((option) => option.name === written);
    if (match === null || exact || candidates.length === 0) expanded.push(arg);
    else if (candidates.length === 1) expanded.push(`--${candidates[0]?.name ?? ""}${match[2] ?? ""}`);
    else return fail(`ambiguous option: --${written} could match ${candidates.map((option) => `--${option.name}`).join(", ")}`);
  }
  return succeed(expanded);
}

function misused(message: string): CircusdCommand {
  return { kind: "misused", message };
}

function takesValue(name: string): boolean {
  return OPTIONS.some((option) => option.name === name && option.value !== null);
}

function invalidChoice(value: string): string {
  return `invalid choice: '${value}' (choose from ${LEVEL_CHOICES.map((level) => `'${level}'`).join(", ")})`;
}

function spelled(option: Option): string {
  return option.short === undefined ? spelledLong(option) : `-${option.short}`;
}

function spelledLong(option: Option): string {
  return option.value === null ? `--${option.name}` : `--${option.name} ${option.value}`;
}

function entry(left: string, help: string): string {
  const lines = wrap(help.split(" "), WIDTH - HELP_COLUMN);
  const indent = " ".repeat(HELP_COLUMN);
  const first = `  ${left}`;
  return first.length < HELP_COLUMN - 1
    ? `${first.padEnd(HELP_COLUMN)}${lines.join(`\n${indent}`)}`
    : [first, ...lines.map((line) => indent + line)].join("\n");
}

function wrap(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
