/** The life of a plugin's process: the rooms joined, from its settings to its exit code. */
import { inspect } from "node:util";
import { publicAddress } from "../client/publishers.js";
import type { Clock, Pid } from "../core/ports.js";
import { systemClock } from "../os/clock.js";
import { openLog, type SystemLog } from "../os/log.js";
import { setupFor, writesToStream } from "../os/log/setup.js";
import { loadPluginModule } from "../os/plugin-module.js";
import { onSignals } from "../os/signals.js";
import { findPluginClass } from "../plugin/find-class.js";
import { hostPlugin } from "../plugin/host.js";
import type { PluginClass } from "../plugin/plugin.js";
import type { Transport } from "../wire/transport.js";
import { openZmq } from "../wire/zmq/transport.js";
import type { PluginSettings } from "./circus-plugin-options.js";
import { EXIT } from "./exit-codes.js";
import { onceWithout } from "./once-without.js";

export interface PluginEnd {
  readonly code: number;
  /** What the log does not show to the one who started the plugin, or null. */
  readonly message: string | null;
}

/** Node's timers keep the program alive only below this length, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/** What a user can put right: the message says how, and a stack is of no use. */
class Mistake extends Error {}

/** Hosts the plugin until a signal ends it, it fails, or the circusd that started it is gone. Never rejects. */
export async function runPlugin(settings: PluginSettings): Promise<PluginEnd> {
  const setup = setupFor(settings.loglevel, settings.logoutput);
  if (!setup.ok) return { code: EXIT.failed, message: setup.failure };
  const opened = openLog(setup.value, settings.name);
  if (!opened.ok) return { code: EXIT.failed, message: opened.failure };
  const log = opened.value;
  const keepAlive = setInterval(() => undefined, FOREVER);
  try {
    await live(settings, log);
    return { code: EXIT.done, message: null };
  } catch (error) {
    const text = textOf(error);
    log.critical(text);
    return { code: EXIT.failed, message: writesToStream(setup.value) ? null : text };
  } finally {
    clearInterval(keepAlive);
    await log.close();
  }
}

async function live(settings: PluginSettings, log: SystemLog): Promise<void> {
  const stop = new AbortController();
  const clock = systemClock();
  listen(stop, log);
  endWithDaemon(stop, { circusd: settings.circusd, clock, log });
  log.info("Loading the plugin...");
  await using route = await openRoute(settings);
  log.info(`Endpoint: '${settings.endpoint}'`);
  log.info(`Pub/sub: '${settings.pubsub}'`);
  const Plugin = await findPlugin(settings);
  const transport = await openZmq();
  checkEndpoints(transport, route);
  log.info("Starting");
  const { name, config } = settings;
  const ends = { endpoint: route.endpoint, pubsubEndpoint: route.pubsub };
  const hosted = hostPlugin(Plugin, { name, config, ...ends, transport, log, clock, stop: stop.signal });
  await Promise.race([hosted, strayFailure(), route.lost]);
}

/** The first signal ends the plugin in good order, the second at once. */
function listen(stop: AbortController, log: SystemLog): void {
  onSignals({
    stop: (_signal, times) => {
      if (times > 1) process.exit(EXIT.forced);
      log.info("Stopping");
      stop.abort();
    },
    reload: () => log.reopen(),
    reopen: () => log.reopen(),
    ignore: () => undefined,
  });
}

/**
 * A circusd that was killed leaves its plugins behind, and the next one starts its own. One that is no child of circusd
 * itself, as under a shell, cannot know.
 */
function endWithDaemon(stop: AbortController, { circusd, clock, log }: Companion): void {
  if (circusd === null || process.ppid !== circusd) return;
  const release = onceWithout(circusd, clock, () => {
    log.info("circusd has gone; the next one starts its own plugins");
    stop.abort();
  });
  stop.signal.addEventListener("abort", release, { once: true });
}

interface Companion {
  readonly circusd: Pid | null;
  readonly clock: Pick<Clock, "after">;
  readonly log: SystemLog;
}

interface Route extends AsyncDisposable {
  readonly endpoint: string;
  readonly pubsub: string;
  /** Rejects when the way through ssh is no more. */
  readonly lost: Promise<never>;
}

async function openRoute({ ssh, endpoint, pubsub }: PluginSettings): Promise<Route> {
  if (ssh === null) {
    const lost = new Promise<never>(() => undefined);
    return { endpoint: reachable(endpoint), pubsub: reachable(pubsub), lost, [Symbol.asyncDispose]: async () => undefined };
  }
  const [{ lossOf, openTunnel }, { runProgram }] = await Promise.all([import("../cli/ssh.js"), import("./run-program.js")]);
  const forward = (far: string): ReturnType<typeof openTunnel> =>
    openTunnel(runProgram, reachable(far), { server: ssh, keyfile: null, timeout: SSH_TIMEOUT }).catch((error: unknown) => {
      throw new Mistake(messageOf(error));
    });
  const control = await forward(endpoint);
  const events = await forward(pubsub).catch(async (error: unknown) => {
    await control.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await Promise.all([control.close(), events.close()]);
  };
  const lost = Promise.race([control, events].map((tunnel) => lossOf(tunnel, ssh))).then((told) => {
    throw new Mistake(told);
  });
  // Nobody hears it once the plugin has stopped.
  lost.catch(() => undefined);
  return { endpoint: control.endpoint, pubsub: events.endpoint, lost, [Symbol.asyncDispose]: close };
}

/** One that circusd has bound on all interfaces is on this host. */
function reachable(endpoint: string): string {
  return publicAddress(endpoint, "");
}

/** Seconds to connect in. */
const SSH_TIMEOUT = 10;

async function findPlugin({ use, target }: PluginSettings): Promise<PluginClass> {
  const module = await loadPluginModule(use);
  const found = module.ok ? findPluginClass(module.value, use.kind === "builtin" ? use.plugin.name : use.name) : module;
  if (found.ok) return found.value;
  throw new Mistake(`Cannot load plugin "${target}": ${found.failure}`);
}

/** @throws Mistake where a text is no endpoint; whether somebody is there only shows later */
function checkEndpoints(transport: Transport, { endpoint, pubsub }: Route): void {
  try {
    transport.connect(endpoint).close();
    transport.subscribe(pubsub, []).close();
  } catch (error) {
    throw new Mistake(messageOf(error));
  }
}

/** Rejects with what a plugin throws where nobody waits for it: in a timer or a handler of its own. */
function strayFailure(): Promise<never> {
  return new Promise((_, reject) => {
    process.on("uncaughtException", reject);
    process.on("unhandledRejection", reject);
  });
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return `The plugin threw ${inspect(error)}`;
  // By its name: a plugin may have another copy of this package.
  const told = error instanceof Mistake || error.name === "PluginOptionError" || error.name === "CallTimeout";
  return told ? error.message : inspect(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
