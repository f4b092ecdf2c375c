/** The life of the daemon, from its configuration to its exit code. */
import { Announcer } from "../arbiter/announcer.js";
import { Arbiter } from "../arbiter/arbiter.js";
import type { ArbiterParts } from "../arbiter/parts.js";
import type { ProcessHost } from "../core/ports.js";
import { exitCode } from "../core/exit.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { Loaded } from "../core/spec.js";
import type { Demise } from "../core/watcher/state.js";
import { readHandedSockets, type HandedSocket } from "../os/handed-sockets.js";
import { writesToStream } from "../os/log/setup.js";
import { openLog, type SystemLog } from "../os/log.js";
import { describePlace } from "../os/socket-failure.js";
import { openNotify } from "../os/notify.js";
import { claimPidfile } from "../os/pidfile.js";
import { onSignals, type SignalMeanings } from "../os/signals.js";
import type { Overrides } from "./circusd-options.js";
import { describe, isError, readConfiguration } from "./configuration.js";
import { EXIT } from "./exit-codes.js";
import { assemble } from "./parts.js";

export interface SuperviseRequest {
  /** It was put in the background by the process that was started. */
  readonly detached: boolean;
  readonly config: string;
  readonly overrides: Overrides;
}

/** Who is told how the start went: the terminal, or the process that waits for the one in the background. */
export interface Reporter {
  ready(): Promise<void>;
  failed(code: number, message: string): Promise<void>;
}

interface Prepared {
  readonly loaded: Loaded;
  readonly log: SystemLog;
  /** The umask that circusd was started with. */
  readonly umask: number;
  readonly detached: boolean;
  /** Sockets that circusd was started with. */
  readonly handed: readonly HandedSocket[];
  /** Whether the log alone already shows a failure to the one who started the daemon. */
  readonly visible: boolean;
}

interface Running {
  readonly arbiter: Arbiter;
  readonly announcer: Announcer | null;
  readonly host: ProcessHost;
  readonly log: SystemLog;
}

/** Node's timers keep the program alive only below this length, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/** Starts the daemon and resolves with its exit code when it has stopped. Never rejects. */
export async function supervise(request: SuperviseRequest, reporter: Reporter): Promise<number> {
  const prepared = await prepare(request).catch((error: unknown) => fail(bugText(error)));
  if (prepared.ok) return live(request, prepared.value, reporter);
  await reporter.failed(EXIT.failed, prepared.failure);
  return EXIT.failed;
}

/** Everything that can go wrong before anything is started. */
async function prepare({ config, overrides, detached }: SuperviseRequest): Promise<Result<Prepared, string>> {
  const handed = readHandedSockets({ env: process.env, pids: ownPids(detached) });
  const { loaded, log: setup } = await readConfiguration(config, overrides, handed.sockets);
  const errors = loaded.diagnostics.filter(isError).length;
  if (errors > 0 || setup === null) return fail([...loaded.diagnostics.map(describe), refusal(config, errors)].join("\n"));
  const { umask, pidfile } = loaded.config.arbiter;
  // The mask can only be read by setting it; the strictest is a safe one for the moment between.
  const inherited = process.umask(umask ?? 0o777);
  if (umask === null) process.umask(inherited);
  const log = openLog(setup.setup);
  if (!log.ok) return fail(`circusd: ${log.failure}`);
  if (pidfile !== null) {
    const claimed = claimPidfile(pidfile);
    if (!claimed.ok) return fail(`circusd: ${claimed.failure}`);
    /* Also when the daemon crashes; only SIGKILL leaves the file behind, and then it is stale. */
    process.on("exit", () => claimed.value.release());
  }
  for (const warning of [...loaded.diagnostics.map(describe), ...setup.warnings, ...handed.warnings]) log.value.warning(warning);
  for (const { spec } of handed.sockets) log.value.info(`Taking over socket "${spec.name}" at ${describePlace(spec)}`);
  return succeed({ loaded, log: log.value, umask: inherited, detached, handed: handed.sockets, visible: writesToStream(setup.setup) });
}

async function live(request: SuperviseRequest, prepared: Prepared, reporter: Reporter): Promise<number> {
  const { log, umask, handed, visible } = prepared;
  process.title = "circusd";
  const keepAlive = setInterval(() => undefined, FOREVER);
  try {
    const parts = await assemble({ ...request, log, umask, handed });
    return await run(parts, prepared, reporter);
  } catch (error) {
    if (!visible) log.critical(textOf(error));
    await reporter.failed(EXIT.failed, `circusd: ${textOf(error)}`);
    return EXIT.failed;
  } finally {
    clearInterval(keepAlive);
    await log.close();
  }
}

/** @throws where the arbiter cannot start; what it had started is stopped then */
async function run(parts: ArbiterParts, { loaded, log, detached }: Prepared, reporter: Reporter): Promise<number> {
  surviveOurBugs(log);
  const arbiter = new Arbiter(parts);
  const announcer = announce(arbiter, parts, detached);
  const unlisten = onSignals(meanings({ arbiter, announcer, host: parts.host, log }));
  try {
    await Promise.race([arbiter.start(loaded), arbiter.finished]);
    if (!arbiter.isStopping) {
      announcer?.ready();
      await reporter.ready();
    }
    await arbiter.finished;
  } finally {
    await arbiter.stop();
    announcer?.end();
    unlisten();
  }
  return farewell({ stubborn: await arbiter.stop(), demise: await arbiter.finished }, log);
}

/** In the background we stand for the process that was started, which waits for us. */
function ownPids(detached: boolean): readonly number[] {
  return detached ? [process.pid, process.ppid] : [process.pid];
}

/** Tells systemd, or whoever has set NOTIFY_SOCKET, how it goes; null where nobody has. */
function announce(arbiter: Arbiter, { clock, log }: ArbiterParts, detached: boolean): Announcer | null {
  const manager = openNotify({ env: process.env, pids: ownPids(detached), log });
  if (manager === null) return null;
  const announcer = new Announcer({ manager, clock, watchers: arbiter.watchers, mainPid: detached ? process.pid : null });
  void arbiter.stopping.then(() => announcer.stopping());
  return announcer;
}

function meanings({ arbiter, announcer, host, log }: Running): SignalMeanings {
  const told = (name: string): void => log.info(`Got signal ${name.replace("SIG", "SIG_")}`);
  return {
    stop(signal, times) {
      told(signal);
      if (times === 1) arbiter.stop().catch((error: unknown) => log.error(`Cannot stop: ${textOf(error)}`));
      if (times === 2) log.warning("Stopping already; one more signal kills every process at once");
      if (times === 3) killAll(host, log);
    },
    reload(signal) {
      told(signal);
      log.reopen();
      const done = announcer?.reloading();
      const work = arbiter.refusal === null ? arbiter.reload() : Promise.resolve(log.info(`Nothing is reloaded: ${arbiter.refusal}`));
      void work.catch((error: unknown) => log.error(`Cannot reload: ${textOf(error)}`)).finally(done);
    },
    reopen(signal) {
      log.reopen();
      arbiter.reopenOutputs();
      told(signal);
    },
    ignore: told,
  };
}

/** Patience has an end: the one who asks a third time wants the daemon gone, whatever it costs. */
function killAll(host: ProcessHost, log: SystemLog): void {
  const left = host.children(process.pid, true);
  log.critical(`Killing ${left.length} processes and leaving`);
  for (const pid of left) host.signal(pid, 9);
  process.exit(EXIT.forced);
}

/** What an essential watcher ended of tells more than that something else would not stop, unless it ended well. */
function farewell({ stubborn, demise }: { readonly stubborn: readonly string[]; readonly demise: Demise | null }, log: SystemLog): number {
  if (stubborn.length > 0) log.error(`Left without stopping ${stubborn.map((name) => `"${name}"`).join(", ")}`);
  const code = demise === null ? EXIT.done : demise.exit === null ? EXIT.unstarted : exitCode(demise.exit);
  if (demise !== null) log.info(`Exiting with code ${code}`);
  return code === EXIT.done && stubborn.length > 0 ? EXIT.forced : code;
}

/** A fault of ours must not take down what is supervised. */
function surviveOurBugs(log: SystemLog): void {
  const tell = (error: unknown): void =>
    log.critical(`internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.on("uncaughtException", tell);
  process.on("unhandledRejection", tell);
}

function refusal(config: string, errors: number): string {
  return `circusd: Cannot start with "${config}": ${errors} ${errors === 1 ? "error" : "errors"} in the configuration`;
}

/** With its stack: what users can do something about never comes as an exception that nobody expected. */
function bugText(error: unknown): string {
  return `internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
