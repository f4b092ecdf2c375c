/**
 * The options of watchers, sockets and the arbiter: one table of each, and what follows from it. This is
 * the door to the folder `options/`; other rooms import from here.
 */
export { type Option, type OptionDoc } from "./options/option.js";
export {
  type SetEffect,
  type WatcherOption,
  type WatcherOptionDoc,
  WATCHER_FAMILIES,
  WATCHER_OPTIONS,
  defaultWatcher,
  watcherOption,
} from "./options/table.js";
export { ARBITER_DEFAULTS, ARBITER_OPTIONS, INCLUDE_OPTIONS } from "./options/arbiter.js";
export { CLUSTER_DEFAULTS, CLUSTER_OPTIONS, parseGroup, parseHostPort, parseLabels } from "./options/cluster.js";
export { PLUGIN_FORCED, PLUGIN_OPTIONS, PLUGIN_PRIORITY, defaultPluginWatcher } from "./options/plugin.js";
export { SOCKET_OPTIONS, defaultSocket, octalText } from "./options/socket.js";
export {
  DEPRECATED_STREAM_OPTION,
  STREAM_CLASSES,
  STREAM_OPTIONS,
  type StreamClass,
  readStreamConf,
  streamFromConf,
  streamOptionNames,
} from "./options/streams.js";
export { isHookName, parseHook } from "./options/hooks.js";
export { LIMIT_NAMES, isLimitKey, limitFromText, limitName } from "./options/limits.js";
export { expandDollars } from "./options/environment.js";
export { nearest } from "./options/near.js";
export { type SetChange, type WireWatcher, pluginWatcherFromWire, setOptions, watcherFromWire } from "./options/wire.js";
export { presentOption, presentOptions } from "./options/present.js";
export { parseBoolean, parseInteger } from "./options/kinds.js";
