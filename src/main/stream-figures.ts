/** The life of circusd-stats: the rooms joined, from the first round to the signal that ends it. */
import { openLog, type SystemLog } from "../os/log.js";
import { setupFor } from "../os/log/setup.js";
import { systemClock } from "../os/clock.js";
import { loadNative } from "../os/native.js";
import { onSignals } from "../os/signals.js";
import { countSocketHits } from "../os/socket-hits.js";
import { PidUsage } from "../os/usage.js";
import type { Result } from "../core/result.js";
import { Streamer } from "../stats/streamer.js";
import { openZmq } from "../wire/zmq/transport.js";
import type { StatsSettings } from "./circusd-stats-options.js";

/** Node's timers keep the program alive only below this length, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/**
 * Publishes until a signal ends it, or the circusd that started it is gone.
 * @throws Error where it cannot begin: an endpoint in use, a descriptor that is no socket, a log that cannot be opened.
 */
export async function stream(settings: StatsSettings): Promise<void> {
  const setup = proven(setupFor(settings.loglevel, settings.logoutput));
  const clock = systemClock();
  const hits = proven(countSocketHits([...settings.sockets.values()], clock));
  const transport = await openZmq();
  const publisher = await transport.publish(settings.statspoint);
  const log = proven(openLog(setup));
  process.title = "circusd-stats";
  const keepAlive = setInterval(() => undefined, FOREVER);
  const { ended, end } = ending(log);
  const streamer = new Streamer({
    ...{ transport, clock, log, publisher, hits },
    ...{ endpoint: settings.endpoint, pubsub: settings.pubsub, sockets: settings.sockets, children: settings.children },
    usage: new PidUsage(loadNative()),
    pid: process.pid,
    parent: () => process.ppid,
    orphaned: () => end("circusd has gone; the next one starts its own circusd-stats"),
  });
  streamer.start();
  log.info(`circusd-stats publishes at ${publisher.endpoint}`);
  log.info(`${await ended}; circusd-stats ends`);
  clearInterval(keepAlive);
  hits.close();
  await Promise.all([streamer.close(), publisher.close()]);
  await log.close();
}

/** Resolves with the reason to end. */
function ending(log: SystemLog): { readonly ended: Promise<string>; readonly end: (why: string) => void } {
  let end: (why: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  onSignals({
    stop: (signal) => end(`Got signal ${signal}`),
    reload: () => log.reopen(),
    reopen: () => log.reopen(),
    ignore: () => undefined,
  });
  return { ended, end };
}

function proven<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.failure);
  return result.value;
}
