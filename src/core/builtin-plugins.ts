/** The plugins that come with circusd, by the names that `use` knows them by. */

export interface BuiltinPlugin {
  /** In `plugins/`. */
  readonly folder: string;
  /** Its export. */
  readonly name: string;
}

/** Short name to plugin. */
const BUILTIN: Readonly<Record<string, BuiltinPlugin>> = {
  autoscaler: { folder: "autoscaler", name: "Autoscaler" },
  command_reloader: { folder: "command-reloader", name: "CommandReloader" },
  flapping: { folder: "flapping", name: "Flapping" },
  full_stats: { folder: "statsd", name: "FullStats" },
  http_observer: { folder: "http-observer", name: "HttpObserver" },
  notifier: { folder: "notifier", name: "Notifier" },
  redis_observer: { folder: "redis-observer", name: "RedisObserver" },
  resource_watcher: { folder: "resource-watcher", name: "ResourceWatcher" },
  scheduler: { folder: "scheduler", name: "Scheduler" },
  statsd: { folder: "statsd", name: "StatsdEmitter" },
  watchdog: { folder: "watchdog", name: "WatchDog" },
};

/** Circus's names to ours. */
const CIRCUS: Readonly<Record<string, string>> = {
  "circus.plugins.command_reloader.CommandReloader": "command_reloader",
  "circus.plugins.flapping.Flapping": "flapping",
  "circus.plugins.http_observer.HttpObserver": "http_observer",
  "circus.plugins.redis_observer.RedisObserver": "redis_observer",
  "circus.plugins.resource_watcher.ResourceWatcher": "resource_watcher",
  "circus.plugins.statsd.FullStats": "full_stats",
  "circus.plugins.statsd.StatsdEmitter": "statsd",
  "circus.plugins.watchdog.WatchDog": "watchdog",
};

/** Short names, sorted. */
export const BUILTIN_NAMES: readonly string[] = Object.keys(BUILTIN).sort();

/**
 * A built-in plugin by its short name, its class's name or Circus's name of it; null where it is none.
 * @example `builtinPlugin("circus.plugins.flapping.Flapping")` is `builtinPlugin("flapping")`
 */
export function builtinPlugin(use: string): BuiltinPlugin | null {
  const short = Object.hasOwn(CIRCUS, use) ? CIRCUS[use] : use;
  const found = short !== undefined && Object.hasOwn(BUILTIN, short) ? BUILTIN[short] : undefined;
  return found ?? Object.values(BUILTIN).find(({ name }) => name === use) ?? null;
}
