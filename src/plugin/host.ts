/** Runs one plugin in this process: connects it, feeds it events one by one, and ends it in good order. */
import { CircusClient } from "../client/call.js";
import type { Clock, Log } from "../core/ports.js";
import type { EventConnection, Transport } from "../wire/transport.js";
import type { PluginConfig } from "./options.js";
import type { CircusPlugin, PluginClass } from "./plugin.js";

export interface PluginHosting {
  readonly name: string;
  readonly config: PluginConfig;
  readonly endpoint: string;
  readonly pubsubEndpoint: string;
  readonly transport: Transport;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "epoch" | "after">;
  /** Ends the plugin: `handleStop` is called. */
  readonly stop: AbortSignal;
}

const utf8 = new TextDecoder();

/**
 * Resolves after the plugin was stopped; rejects with what the plugin failed with.
 * @throws PluginOptionError where its options cannot be used
 */
export async function hostPlugin(Plugin: PluginClass, hosting: PluginHosting): Promise<void> {
  const { transport, endpoint, pubsubEndpoint, stop } = hosting;
  await using client = new CircusClient({ transport, endpoint });
  // What happens while the plugin prepares itself waits for it.
  using events = closing(transport.subscribe(pubsubEndpoint, ["watcher."]));
  const failure = new Failure();
  const plugin = new Plugin({ ...hosting, client, fail: failure.tell });
  try {
    await Promise.race([live(plugin, events.connection, hosting), failure.told, whenAborted(stop)]);
  } finally {
    plugin.stopTimers();
  }
  await plugin.handleStop();
}

/** The first error that the plugin's timers end with. */
class Failure {
  readonly told: Promise<never>;
  tell: (error: unknown) => void = () => undefined;

  constructor() {
    this.told = new Promise((_, reject) => {
      this.tell = reject;
    });
    // Nobody hears it once the plugin has stopped.
    this.told.catch(() => undefined);
  }
}

function closing(connection: EventConnection): Disposable & { readonly connection: EventConnection } {
  return { connection, [Symbol.dispose]: () => connection.close() };
}

async function live(plugin: CircusPlugin, events: EventConnection, { log, stop }: PluginHosting): Promise<void> {
  await plugin.handleInit();
  for (const { key, near } of plugin.options.unread()) {
    log.warning(`[plugin:${plugin.name}] has an option "${key}" that nobody reads${near === null ? "" : `: did you mean "${near}"?`}`);
  }
  for await (const { topic, body } of events) {
    // Its own end is an event as well, and may be heard while handleStop is still at work.
    if (stop.aborted) return;
    await plugin.handleRecv([topic, utf8.decode(body)]);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
