/** circusd-stats' command line: Circus's options, the sockets to count on, and whether children are shown. */
import { ARBITER_DEFAULTS } from "../core/options.js";
import type { Pid } from "../core/ports.js";
import * as line from "./command-line.js";
import { CIRCUSD_OPTION, LOG_OPTIONS, readCircusd, readLog, type LogSettings } from "./helper-options.js";

export interface StatsSettings extends LogSettings {
  readonly endpoint: string;
  readonly pubsub: string;
  readonly statspoint: string;
  /** `user@host:port` */
  readonly ssh: string | null;
  /** Descriptors by the name of the socket. */
  readonly sockets: ReadonlyMap<string, number>;
  readonly children: boolean;
  /** The circusd to end with; null where it was started by hand. */
  readonly circusd: Pid | null;
}

export type StatsCommand =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "misused"; readonly message: string }
  | { readonly kind: "start"; readonly settings: StatsSettings };

/** In the order of the help. */
export const OPTIONS: readonly line.Option[] = [
  { name: "help", short: "h", value: null, help: "show this help message and exit" },
  { name: "endpoint", value: "ENDPOINT", help: `circusd's control endpoint; ${ARBITER_DEFAULTS.endpoint} by default` },
  { name: "pubsub", value: "PUBSUB", help: `where circusd publishes its events; ${ARBITER_DEFAULTS.pubsubEndpoint} by default` },
  { name: "statspoint", value: "STATSPOINT", help: `where to publish the figures; ${ARBITER_DEFAULTS.statsEndpoint} by default` },
  {
    name: "socket",
    value: "NAME=FD",
    help: "count on the inherited descriptor of this socket; may be repeated",
    detail: "Count how often this socket of circusd has something to accept or read, on its inherited descriptor. May be repeated.",
  },
  { name: "children", value: null, help: "tell of the children of each process too" },
  CIRCUSD_OPTION,
  ...LOG_OPTIONS,
  { name: "ssh", value: "SSH", help: "reach circusd through ssh to user@host:port; figures are then those that circusd tells" },
  { name: "version", value: null, help: "display the version and exit" },
];

const FORM: line.Form = {
  program: "circusd-stats",
  description: "Publish figures of circusd's processes and sockets once a second.",
  options: OPTIONS,
};

/** Reads the arguments after the program's name. A long option may be cut short while it stays unique. */
export function parseCommand(args: readonly string[]): StatsCommand {
  const read = line.readArguments(OPTIONS, args);
  if (!read.ok) return misused(read.failure);
  const given = read.value;
  if (given.has("help")) return { kind: "help" };
  if (given.incomplete !== null) return misused(given.incomplete);
  const extra = [...given.unknown, ...given.positionals];
  if (extra.length > 0) return misused(`unrecognized arguments: ${extra.join(" ")}`);
  if (given.has("version")) return { kind: "version" };
  const log = readLog(given);
  if (!log.ok) return misused(log.failure);
  const circusd = readCircusd(given);
  if (!circusd.ok) return misused(circusd.failure);
  const sockets = new Map<string, number>();
  for (const value of given.values("socket")) {
    const [, name, fd] = /^(.+)=(\d+)$/s.exec(value) ?? [];
    if (name === undefined) return misused(`argument --socket: invalid value: '${value}' (write NAME=FD, such as web=3)`);
    sockets.set(name, Number(fd));
  }
  const settings = {
    endpoint: given.value("endpoint") ?? ARBITER_DEFAULTS.endpoint,
    pubsub: given.value("pubsub") ?? ARBITER_DEFAULTS.pubsubEndpoint,
    statspoint: given.value("statspoint") ?? ARBITER_DEFAULTS.statsEndpoint,
    ...log.value,
    ssh: given.value("ssh"),
    sockets,
    children: given.has("children"),
    circusd: circusd.value,
  };
  return { kind: "start", settings };
}

/** The short reminder, with its line end. */
export function usageText(): string {
  return line.usageText(FORM);
}

/** The whole help, with its line end. */
export function helpText(): string {
  return line.helpText(FORM);
}

function misused(message: string): StatsCommand {
  return { kind: "misused", message };
}
