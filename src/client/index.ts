/** The client library: `import { CircusClient } from "circusd/client"`. */
export { CircusClient, type CallOptions, type ClientOptions, type Properties, type RawReply } from "./call.js";
export { CallError, CallTimeout } from "./errors.js";
export { subscribeFigures, type Figures, type FiguresOptions } from "./figures.js";
export { subscribe, type Events, type SubscribeOptions } from "./listen.js";
export { Process } from "./process.js";
export { Watcher } from "./watcher.js";
export { ERRNO, type CommandName, type Commands, type OkReply } from "../wire/contract.js";
export type { CircusEvent } from "../wire/event.js";
export type { StatFrame } from "../wire/stats.js";
export type { Reply } from "../wire/reply.js";
export type { Transport } from "../wire/transport.js";
export { openMemory } from "../wire/memory/transport.js";
export { openZmq } from "../wire/zmq/transport.js";
