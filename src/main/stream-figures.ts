/** The life of circusd-stats: the rooms joined, from the first round to the signal that ends it. */
import { CircusClient } from "../client/call.js";
import type { ProcessUsage } from "../core/ports.js";
import { openLog, type SystemLog } from "../os/log.js";
import { setupFor } from "../os/log/setup.js";
import { systemClock } from "../os/clock.js";
import { loadNative } from "../os/native.js";
import { onSignals } from "../os/signals.js";
import { countSocketHits } from "../os/socket-hits.js";
import { PidUsage } from "../os/usage.js";
import type { Result } from "../core/result.js";
import { FarUsage } from "../stats/far-usage.js";
import { Streamer } from "../stats/streamer.js";
import type { Transport } from "../wire/transport.js";
import { openZmq } from "../wire/zmq/transport.js";
import type { StatsSettings } from "./circusd-stats-options.js";
import { onceWithout } from "./once-without.js";
import { runProgram } from "./run-program.js";

/** Node's timers keep the program alive only below this length, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/** Seconds for ssh to connect in. */
const SSH_TIMEOUT = 10;

const GONE = "circusd has gone, and the next one starts its own circusd-stats";

/** Where circusd is found, and how its processes are looked at. */
interface Side {
  readonly endpoint: string;
  readonly pubsub: string;
  readonly usage: ProcessUsage;
  readonly pid: number | null;
}

interface Approach {
  readonly side: Side;
  /** Why the way to circusd is no more; never settles where nothing can be lost. */
  readonly lost: Promise<string>;
  readonly leave: () => Promise<void>;
}

/**
 * Publishes until a signal ends it, or the circusd that started it is gone.
 * @throws Error where it cannot begin: an endpoint in use, a descriptor that is no socket, a log that cannot be opened;
 * and where the way through ssh is lost.
 */
export async function stream(settings: StatsSettings): Promise<void> {
  const setup = proven(setupFor(settings.loglevel, settings.logoutput));
  const clock = systemClock();
  const hits = proven(countSocketHits([...settings.sockets.values()], clock));
  const transport = await openZmq();
  const publisher = await transport.publish(settings.statspoint);
  const log = proven(openLog(setup));
  const { side, lost, leave } = settings.ssh === null ? near(settings) : await far(settings, settings.ssh, transport);
  process.title = "circusd-stats";
  const keepAlive = setInterval(() => undefined, FOREVER);
  const { ended, end } = ending(log);
  const streamer = new Streamer({
    ...{ transport, clock, log, publisher, hits, ...side },
    ...{ sockets: settings.sockets, children: settings.children },
  });
  streamer.start();
  const release = settings.circusd === null ? null : onceWithout(settings.circusd, clock, () => end(GONE));
  log.info(`circusd-stats publishes at ${publisher.endpoint}`);
  const why = await Promise.race([ended, lost.then((loss) => new Error(loss))]);
  if (typeof why === "string") log.info(`${why}; circusd-stats ends`);
  clearInterval(keepAlive);
  release?.();
  hits.close();
  await Promise.all([streamer.close(), publisher.close(), leave()]);
  await log.close();
  if (why instanceof Error) throw why;
}

function near({ endpoint, pubsub }: StatsSettings): Approach {
  const usage = new PidUsage(loadNative());
  return { side: { endpoint, pubsub, usage, pid: process.pid }, lost: new Promise(() => undefined), leave: () => Promise.resolve() };
}

/** Pids of another host mean nothing here. */
async function far(settings: StatsSettings, server: string, transport: Transport): Promise<Approach> {
  const { lossOf, openTunnel } = await import("../cli/ssh.js");
  const ssh = { server, keyfile: null, timeout: SSH_TIMEOUT };
  const control = await openTunnel(runProgram, settings.endpoint, ssh);
  const events = await openTunnel(runProgram, settings.pubsub, ssh);
  const usage = new FarUsage(() => new CircusClient({ transport, endpoint: control.endpoint }));
  const lost = Promise.race([lossOf(control, server), lossOf(events, server)]);
  const leave = async (): Promise<void> => {
    await Promise.all([usage.close(), control.close(), events.close()]);
  };
  return { side: { endpoint: control.endpoint, pubsub: events.endpoint, usage, pid: null }, lost, leave };
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
