/** What a program gives to `getArbiter`, made into a configuration. Option names and values are those of the command `add`. */
import { ARBITER_DEFAULTS, defaultSocket, defaultWatcher, SOCKET_OPTIONS, watcherFromWire } from "../../core/options.js";
import { parsePluginUse } from "../../core/plugin-use.js";
import type { Config, OptionValue, PluginSpec, SocketSpec, WatcherSpec } from "../../core/spec.js";
import type { Log } from "../../core/ports.js";

/** A watcher: `cmd`, and any option of circus.ini by its name there. */
export interface WatcherSettings {
  readonly cmd: string;
  /** @default the base name of the program in `cmd` */
  readonly name?: string;
  readonly args?: string | readonly string[];
  readonly numprocesses?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly working_dir?: string;
  readonly autostart?: boolean;
  readonly [option: string]: OptionValue | undefined;
}

/** A socket: any option of [socket:NAME] by its name there. */
export interface SocketSettings {
  readonly name: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly [option: string]: OptionValue | undefined;
}

/** A plugin: `use`, and its options. Plugins run in processes of their own, so the arbiter needs endpoints that they reach. */
export interface PluginSettings {
  readonly name: string;
  readonly use: string;
  readonly [option: string]: string | number | boolean;
}

export interface ArbiterSettings {
  /** `tcp://HOST:PORT` or `ipc://PATH`, for other processes. @default within this process alone */
  readonly endpoint?: string;
  /** @default within this process alone */
  readonly pubsubEndpoint?: string;
  /** Publishes figures there, by a circusd-stats of its own; needs the two other endpoints. @default none */
  readonly statsEndpoint?: string;
  readonly sockets?: readonly SocketSettings[];
  readonly plugins?: readonly PluginSettings[];
  /** Seconds between the starts of two watchers. @default 0 */
  readonly warmupDelay?: number;
  /** @default nothing is logged */
  readonly log?: Log;
  /** Stops the arbiter at SIGINT, SIGTERM and SIGQUIT of this program, and reloads it at SIGHUP. @default false */
  readonly handleSignals?: boolean;
  /** Makes this program the parent of its descendants' orphans, so that none can get away. @default false */
  readonly subreaper?: boolean;
}

/** Endpoints that lead nowhere outside of this process. */
export const WITHIN = { endpoint: "memory://control", pubsubEndpoint: "memory://events" } as const;

/** @throws Error with what is wrong with which of the settings */
export function configOf(watchers: readonly WatcherSettings[], settings: ArbiterSettings): Config {
  const { endpoint = WITHIN.endpoint, pubsubEndpoint = WITHIN.pubsubEndpoint, statsEndpoint, warmupDelay = 0 } = settings;
  const figures = statsEndpoint === undefined ? {} : { statsd: true, statsEndpoint };
  return {
    arbiter: { ...ARBITER_DEFAULTS, endpoint, pubsubEndpoint, warmupDelay, ...figures },
    watchers: unique(watchers.map(watcherOf), "watcher"),
    sockets: unique((settings.sockets ?? []).map(socketOf), "socket"),
    plugins: (settings.plugins ?? []).map(pluginOf),
    cluster: null,
  };
}

function watcherOf({ cmd, name = baseName(cmd), args, ...options }: WatcherSettings): WatcherSpec {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const spec = watcherFromWire({ name, cmd, ...(args === undefined ? {} : { args }), options: given });
  if (!spec.ok) throw new Error(`Cannot use watcher "${name}": ${spec.failure}`);
  return spec.value;
}

function socketOf({ name, ...options }: SocketSettings): SocketSpec {
  let spec = defaultSocket(name.toLowerCase());
  for (const [key, value] of Object.entries(options)) {
    const option = SOCKET_OPTIONS.find((one) => one.name === key);
    if (option === undefined) throw new Error(`Cannot use socket "${name}": it has no option "${key}"`);
    const change = option.parseWire(value);
    if (!change.ok) throw new Error(`Cannot use socket "${name}": ${change.failure}`);
    spec = change.value(spec);
  }
  return spec.path === null ? spec : { ...spec, family: "AF_UNIX" };
}

function pluginOf({ name, use, ...options }: PluginSettings): PluginSpec {
  const understood = parsePluginUse(use);
  if (!understood.ok) throw new Error(`Cannot use plugin "${name}" with use "${use}": ${understood.failure}`);
  const texts = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)]));
  const watcher = { ...defaultWatcher(`plugin:${name}`, ""), singleton: true, copyEnv: true, maxRetry: -1, internal: true };
  return { name, use, active: true, options: texts, watcher };
}

function baseName(cmd: string): string {
  const program = cmd.trim().split(/\s+/, 1)[0] ?? "";
  return program.split("/").at(-1) ?? program;
}

function unique<T extends { readonly name: string }>(all: readonly T[], what: string): readonly T[] {
  const names = all.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) throw new Error(`Cannot use two ${what}s of the name "${twice}": give each a name of its own`);
  return all;
}
