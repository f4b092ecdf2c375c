/** circusd's command line: Circus's options and its messages, and `--check`. */
import { SEVERITY } from "../os/log/setup.js";
import type { LogLevel } from "../core/spec.js";
import * as line from "./command-line.js";

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

const LEVELS: readonly string[] = ["critical", "error", "warning", "info", "debug"];
const LEVEL_CHOICES = [...LEVELS, ...LEVELS.map((level) => level.toUpperCase())];

/** In the order of the help. */
export const OPTIONS: readonly line.Option[] = [
  { name: "help", short: "h", value: null, help: "show this help message and exit" },
  {
    name: "log-level",
    value: `{${LEVEL_CHOICES.join(",")}}`,
    help: "log level",
    detail: "One of critical, error, warning, info and debug, in lower or upper case. The default is `info`.",
  },
  {
    name: "log-output",
    value: "LOGOUTPUT",
    help: "where the logs are written: a file, syslog://host[:port][?facility], syslog:///path[?facility], or - for standard error, the default",
    detail:
      "Where the log goes: `-` for standard error, the default; `syslog://host[:port][?facility]` for UDP, port 514; `syslog:///path[?facility]` for a unix datagram socket such as /dev/log; anything else is a file, which is opened anew when it was moved.",
  },
  {
    name: "logger-config",
    value: "LOGGERCONFIG",
    help: "a Python logging configuration (.ini, .json or .yaml) that replaces level and output of the logs",
    detail:
      "A logging configuration of Python, named *.ini, *.json or *.yaml. It takes the place of level and output. What has no meaning here is logged as a warning. `default` stands for none.",
  },
  {
    name: "daemon",
    value: null,
    help: "start circusd in the background",
    detail:
      "Start in the background. The command ends when everything was started, with exit code 0, or with the error and exit code 1. The working directory and the umask stay as they are.",
  },
  {
    name: "pidfile",
    value: "PIDFILE",
    help: "write the process id to this file",
    detail: "Write the process id to this file. The start is refused while the process that it names is alive.",
  },
  { name: "check", value: null, help: "report every fault of the configuration and exit; nothing is started" },
  { name: "version", value: null, help: "display the version and exit" },
];

const FORM: line.Form = {
  program: "circusd",
  description: "Run some watchers.",
  options: OPTIONS,
  positional: { name: "config", help: "configuration file" },
};

/** Reads the arguments after the program's name. Like Circus's, a long option may be cut short while it stays unique. */
export function parseCommand(args: readonly string[]): CircusdCommand {
  const read = line.readArguments(OPTIONS, args);
  if (!read.ok) return misused(read.failure);
  const given = read.value;
  if (given.has("help")) return { kind: "help" };
  if (given.incomplete !== null) return misused(given.incomplete);
  const level = given.value("log-level");
  if (level !== null && !LEVEL_CHOICES.includes(level)) return misused(line.invalidChoice("log-level", level, LEVEL_CHOICES));
  const [config, ...rest] = given.positionals;
  const extra = [...given.unknown, ...rest];
  if (extra.length > 0) return misused(`unrecognized arguments: ${extra.join(" ")}`);
  if (given.has("version")) return { kind: "version" };
  if (config === undefined) return given.has("check") ? misused("argument --check: expected a configuration file") : { kind: "usage" };
  const overrides = overridesOf(given);
  return given.has("check") ? { kind: "check", config, overrides } : { kind: "start", config, overrides, daemon: given.has("daemon") };
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
  return line.usageText(FORM);
}

/** The whole help, with its line end. */
export function helpText(): string {
  return line.helpText(FORM);
}

/** A severity by its name in lower or upper case. */
export function logLevel(name: string | null): LogLevel | null {
  return Object.keys(SEVERITY).find((level): level is LogLevel => level === name?.toLowerCase()) ?? null;
}

function overridesOf(given: line.Arguments): Overrides {
  return {
    loglevel: logLevel(given.value("log-level")),
    logoutput: given.value("log-output"),
    loggerconfig: given.value("logger-config"),
    pidfile: given.value("pidfile"),
  };
}

function misused(message: string): CircusdCommand {
  return { kind: "misused", message };
}
