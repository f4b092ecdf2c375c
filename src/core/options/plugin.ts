/** The options that every [plugin:NAME] has, besides those of a watcher and the plugin's own. */
import type { OptionDoc } from "./option.js";

export const PLUGIN_PRIORITY = 1;

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
