/** circus-plugin's command line: Circus's options, the configuration also as JSON, and the plugin's name. */
import { ARBITER_DEFAULTS } from "../core/options.js";
import { parsePluginUse, type PluginUse } from "../core/plugin-use.js";
import type { Pid } from "../core/ports.js";
import { fail, type Result } from "../core/result.js";
import { parsePluginConfig } from "../plugin/config.js";
import type { PluginConfig } from "../plugin/options.js";
import * as line from "./command-line.js";
import { CIRCUSD_OPTION, LOG_OPTIONS, readCircusd, readLog, type LogSettings } from "./helper-options.js";

export interface PluginSettings extends LogSettings {
  readonly use: PluginUse;
  /** `use` as it was written. */
  readonly target: string;
  readonly name: string;
  readonly config: PluginConfig;
  readonly endpoint: string;
  readonly pubsub: string;
  /** `user@host:port` */
  readonly ssh: string | null;
  /** The circusd to end with; null where it was started by hand. */
  readonly circusd: Pid | null;
}

export type PluginCommand =
  | { readonly kind: "help" | "version" | "usage" }
  | { readonly kind: "misused"; readonly message: string }
  | { readonly kind: "start"; readonly settings: PluginSettings };

/** In the order of the help. */
export const OPTIONS: readonly line.Option[] = [
  { name: "help", short: "h", value: null, help: "show this help message and exit" },
  { name: "endpoint", value: "ENDPOINT", help: `circusd's control endpoint; ${ARBITER_DEFAULTS.endpoint} by default` },
  { name: "pubsub", value: "PUBSUB", help: `where circusd publishes its events; ${ARBITER_DEFAULTS.pubsubEndpoint} by default` },
  {
    name: "config",
    value: "CONFIG",
    help: "options of the plugin: key:value:::key:value, a JSON object, or @NAME for what that variable holds",
    detail:
      "Options of the plugin. Either `key:value` pairs with `:::` between them, or a JSON object, whose values may hold anything, or `@NAME` for what the environment variable of that name holds, in either form. A command line is shown to every user of the host.",
  },
  { name: "name", value: "NAME", help: "how the plugin calls itself in its log; the last part of its own name by default" },
  {
    name: "check-delay",
    value: "CHECK_DELAY",
    help: "accepted as Circus has it; events are told at once",
    detail: "Accepted as Circus has it. Events are told at once, so nothing waits for it.",
  },
  ...LOG_OPTIONS,
  {
    name: "ssh",
    value: "SSH",
    help: "reach circusd through ssh to user@host:port",
    detail: "Reach circusd through ssh(1) to user@host:port. The endpoints are then those of the far host.",
  },
  CIRCUSD_OPTION,
  { name: "version", value: null, help: "display the version and exit" },
];

const FORM: line.Form = {
  program: "circus-plugin",
  description: "Run a plugin.",
  options: OPTIONS,
  positional: {
    name: "plugin",
    help: "a built-in plugin such as flapping or circus.plugins.flapping.Flapping, a file such as ./mine.js:Logger, or a package",
  },
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the arguments after the program's name. A long option may be cut short while it stays unique. */
export function parseCommand(args: readonly string[], env: Environment): PluginCommand {
  const read = line.readArguments(OPTIONS, args);
  if (!read.ok) return misused(read.failure);
  const given = read.value;
  if (given.has("help")) return { kind: "help" };
  if (given.incomplete !== null) return misused(given.incomplete);
  const [target, ...rest] = given.positionals;
  const extra = [...given.unknown, ...rest];
  if (extra.length > 0) return misused(`unrecognized arguments: ${extra.join(" ")}`);
  if (given.has("version")) return { kind: "version" };
  return target === undefined ? { kind: "usage" } : settingsOf(target, given, env);
}

/** The short reminder, with its line end. */
export function usageText(): string {
  return line.usageText(FORM);
}

/** The whole help, with its line end. */
export function helpText(): string {
  return line.helpText(FORM);
}

function settingsOf(target: string, given: line.Arguments, env: Environment): PluginCommand {
  const log = readLog(given);
  if (!log.ok) return misused(log.failure);
  const circusd = readCircusd(given);
  if (!circusd.ok) return misused(circusd.failure);
  const delay = given.value("check-delay");
  if (delay !== null && (delay.trim() === "" || Number.isNaN(Number(delay))))
    return misused(`argument --check-delay: invalid number: '${delay}'`);
  const config = readConfig(given.value("config") ?? "", env);
  if (!config.ok) return misused(`argument --config: ${config.failure}`);
  const use = parsePluginUse(target);
  if (!use.ok) return misused(`Cannot run plugin "${target}": ${use.failure}`);
  const settings = {
    ...{ use: use.value, target, config: config.value, ...log.value },
    name: given.value("name") ?? nameOf(use.value),
    endpoint: given.value("endpoint") ?? ARBITER_DEFAULTS.endpoint,
    pubsub: given.value("pubsub") ?? ARBITER_DEFAULTS.pubsubEndpoint,
    ssh: given.value("ssh"),
    circusd: circusd.value,
  };
  return { kind: "start", settings };
}

/** Without a colon `@NAME` is none of Circus's pairs. */
function readConfig(text: string, env: Environment): Result<PluginConfig, string> {
  const variable = /^@(\w+)$/.exec(text)?.[1];
  if (variable === undefined) return parsePluginConfig(text);
  const held = env[variable];
  return held === undefined ? fail(`there is no variable "${variable}" in the environment`) : parsePluginConfig(held);
}

/** `Logger` of `./mine.js:Logger`, `mine` of `./mine.js`. */
function nameOf(use: PluginUse): string {
  if (use.kind === "builtin") return use.plugin.name;
  if (use.name !== null) return use.name;
  const [last = ""] = (use.kind === "file" ? use.path : use.specifier).split("/").slice(-1);
  return last.replace(/\.[cm]?[jt]s$/, "");
}

function misused(message: string): PluginCommand {
  return { kind: "misused", message };
}
