/** For authors of plugins: `import { CircusPlugin } from "circusd/plugin"`. */
export { CircusPlugin, type PluginClass, type PluginContext, type PluginEvent, type SplitEvent } from "./plugin.js";
export { PluginOptionError, type NumberRange, type PluginConfig, type PluginOptions } from "./options.js";
export { CallError, CallTimeout } from "../client/errors.js";
export { matcher } from "../core/fnmatch.js";
export { parseSignal } from "../core/signals.js";
export { topicName } from "../core/topics.js";
export { splitWords } from "../core/words.js";
export type { Log } from "../core/ports.js";
export type { CommandName, Commands, OkReply, ProcessStats } from "../wire/contract.js";
