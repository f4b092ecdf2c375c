/** The public names of the package: `import { CircusClient, getArbiter } from "circusd"`. */
export {
  CallError,
  CallTimeout,
  CircusClient,
  ERRNO,
  openMemory,
  openZmq,
  Process,
  subscribe,
  subscribeFigures,
  Watcher,
  type CallOptions,
  type CircusEvent,
  type ClientOptions,
  type CommandName,
  type Commands,
  type Events,
  type Figures,
  type OkReply,
  type Properties,
  type RawReply,
  type Reply,
  type StatFrame,
  type SubscribeOptions,
  type Transport,
} from "./client/index.js";
export { getArbiter, type Arbiter } from "./main/library/arbiter.js";
export type { ArbiterSettings, PluginSettings, SocketSettings, WatcherSettings } from "./main/library/settings.js";
export type { Log } from "./core/ports.js";
