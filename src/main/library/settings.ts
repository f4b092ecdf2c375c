/** What a program gives to `getArbiter`, made into a configuration. Option names and values are those of the command `add`. */
import { ARBITER_DEFAULTS, defaultSocket, nearest, pluginWatcherFromWire, SOCKET_OPTIONS, watcherFromWire } from "../../core/options.js";
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
  if (!Array.isArray(watchers)) throw new Error('Cannot make an arbiter without a list of watchers: write [{ cmd: "…" }]');
  checkSettings(settings);
  const { endpoint = WITHIN.endpoint, pubsubEndpoint = WITHIN.pubsubEndpoint, statsEndpoint, warmupDelay = 0 } = settings;
  const figures = statsEndpoint === undefined ? {} : { statsd: true, statsEndpoint };
  const plugins = unique((settings.plugins ?? []).map(pluginOf), "plugin");
  checkReach(settings);
  return {
    arbiter: { ...ARBITER_DEFAULTS, endpoint, pubsubEndpoint, warmupDelay, ...figures },
    watchers: unique(watchers.map(watcherOf), "watcher"),
    sockets: unique((settings.sockets ?? []).map(socketOf), "socket"),
    plugins,
    cluster: null,
  };
}

const SETTINGS: Readonly<Record<keyof ArbiterSettings, true>> = {
  endpoint: true,
  pubsubEndpoint: true,
  statsEndpoint: true,
  sockets: true,
  plugins: true,
  warmupDelay: true,
  log: true,
  handleSignals: true,
  subreaper: true,
};

/** Programs in JavaScript have no compiler that would tell. */
function checkSettings(settings: ArbiterSettings): void {
  for (const name of Object.keys(settings)) {
    if (Object.hasOwn(SETTINGS, name)) continue;
    const near = nearest(name, Object.keys(SETTINGS));
    throw new Error(`Cannot use the setting "${name}": there is none of that name${near === null ? "" : `; did you mean "${near}"?`}`);
  }
  const { warmupDelay = 0 } = settings;
  if (!Number.isFinite(warmupDelay) || warmupDelay < 0)
    throw new Error(`Cannot use warmupDelay ${JSON.stringify(warmupDelay)}: expected seconds of 0 or more`);
}

function checkReach({ endpoint, pubsubEndpoint, statsEndpoint, plugins = [] }: ArbiterSettings): void {
  const helper = statsEndpoint !== undefined ? "statsEndpoint" : plugins.length > 0 ? "plugins" : null;
  if (helper !== null && (endpoint === undefined || pubsubEndpoint === undefined))
    throw new Error(
      `Cannot use ${helper} without endpoint and pubsubEndpoint, over which processes of their own reach the arbiter: set both, as to ipc://PATH`,
    );
}

function watcherOf(settings: WatcherSettings): WatcherSpec {
  if (!hasText(settings, "cmd"))
    throw new Error(`Cannot use the watcher ${JSON.stringify(settings)}: it needs cmd, the command line that it runs`);
  const { cmd, name = baseName(cmd), args, ...options } = settings;
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

function pluginOf(settings: PluginSettings): PluginSpec {
  if (!hasText(settings, "name") || !hasText(settings, "use"))
    throw new Error(`Cannot use the plugin ${JSON.stringify(settings)}: it needs name, and use, which says which plugin it is`);
  const { name, use, ...options } = settings;
  const understood = parsePluginUse(use);
  if (!understood.ok) throw new Error(`Cannot use plugin "${name}" with use "${use}": ${understood.failure}`);
  const texts = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)]));
  const watcher = pluginWatcherFromWire(name, options);
  if (!watcher.ok) throw new Error(`Cannot use plugin "${name}": ${watcher.failure}`);
  return { name, use, active: true, options: texts, watcher: watcher.value };
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

function hasText(settings: unknown, key: string): boolean {
  if (typeof settings !== "object" || settings === null) return false;
  const value: unknown = Reflect.get(settings, key);
  return typeof value === "string" && value.trim() !== "";
}
