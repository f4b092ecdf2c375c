/** The options that every [plugin:NAME] has, besides those of a watcher and the plugin's own. */
import type { WatcherSpec } from "../spec.js";
import type { OptionDoc } from "./option.js";
import { defaultWatcher } from "./table.js";

export const PLUGIN_PRIORITY = 1;

/** Options of its watcher that no section can change. */
export const PLUGIN_FORCED: readonly string[] = ["singleton", "copy_env", "copy_path", "numprocesses", "cmd", "args"];

/** The watcher of a plugin of which nothing is said. Its command stays empty: whoever starts the plugin knows it. */
export function defaultPluginWatcher(name: string): WatcherSpec {
  return {
    ...defaultWatcher(`plugin:${name}`, ""),
    singleton: true,
    copyEnv: true,
    copyPath: true,
    priority: PLUGIN_PRIORITY,
    // Its standard error holds warnings and errors: those are to be seen.
    closeChildStdout: true,
    maxRetry: -1,
    internal: true,
  };
}

export const PLUGIN_OPTIONS: readonly OptionDoc[] = [
  {
    name: "use",
    label: "plugin",
    default: null,
    doc: "The plugin to run. The names of Circus's own plugins, such as `circus.plugins.flapping.Flapping`, mean the same here. Required.",
  },
  {
    name: "active",
    label: "true or false",
    default: true,
    doc: "Runs the plugin. Otherwise its section is read and checked, and that is all.",
  },
  {
    name: "priority",
    label: "integer",
    default: PLUGIN_PRIORITY,
    doc: "The priority of the plugin's watcher, whose other options may be set as well. It is always a single process.",
  },
];
