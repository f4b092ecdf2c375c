/** The life of `circuit start`: a server of a circuit without watchers, from its flags to the signal that ends it. */
import type { StartFlags } from "../../cli/circuit/start.js";
import { DEFAULT_PORT, type ClusterSpec } from "../../core/circuit/spec.js";
import { CLUSTER_DEFAULTS, parseHostPort } from "../../core/options.js";
import { fail, succeed, type Result } from "../../core/result.js";
import { systemClock } from "../../os/clock.js";
import { isPortFree } from "../../os/free-port.js";
import { addressOfDevice } from "../../os/listen-place.js";
import { openLog, type SystemLog } from "../../os/log.js";
import { setupFor } from "../../os/log/setup.js";
import { loadNative } from "../../os/native.js";
import { LinuxProcessHost } from "../../os/process-host.js";
import { onSignals } from "../../os/signals.js";
import { hostAndPort, parseAddress } from "../../wire/circuit/address.js";
import { openLinks } from "../../wire/zmq/links.js";
import { EXIT } from "../exit-codes.js";
import { ownEnvironment } from "../own-environment.js";
import { openServer, type Server } from "./server.js";

/** Node's timers keep the program alive only below this length, in milliseconds. */
const FOREVER = 2 ** 31 - 1;

/** @returns the exit code: 0 ended as asked, 1 could not start, 2 wrong flags */
export async function startServer(flags: StartFlags): Promise<number> {
  const spec = specOf(flags, (await isPortFree("127.0.0.1", DEFAULT_PORT)) ? DEFAULT_PORT : 0);
  if (!spec.ok) {
    process.stderr.write(`circuit: ${spec.failure}\n`);
    return EXIT.misused;
  }
  const setup = setupFor("info", "-");
  const opened = setup.ok ? openLog(setup.value, "circuit") : setup;
  if (!opened.ok) throw new Error(`internal: ${opened.failure}`);
  const log = opened.value;
  process.title = "circuit";
  const keepAlive = setInterval(() => undefined, FOREVER);
  try {
    return await live(spec.value, log);
  } catch (cause) {
    log.critical(cause instanceof Error ? cause.message : String(cause));
    return EXIT.failed;
  } finally {
    clearInterval(keepAlive);
    await log.close();
  }
}

/** @throws Error where it cannot start */
async function live(spec: ClusterSpec, log: SystemLog): Promise<number> {
  const clock = systemClock();
  const host = new LinuxProcessHost(loadNative(), { subreaper: true, alone: true, log });
  surviveOurBugs(log);
  let end: (why: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  let server: Server | null = null;
  const unlisten = onSignals({
    stop(signal, times) {
      if (times > 2) process.exit(EXIT.forced);
      end(`Got signal ${signal}`);
    },
    reload(signal) {
      log.reopen();
      log.info(`Got signal ${signal}${spec.keyFile === null ? "" : "; reading the key file again"}`);
      if (spec.keyFile !== null)
        server?.rekey(spec.keyFile).catch((cause: unknown) => log.error(cause instanceof Error ? cause.message : String(cause)));
    },
    reopen: () => log.reopen(),
    ignore: () => undefined,
  });
  try {
    server = await openServer(spec, {
      clock,
      log,
      host,
      links: await openLinks(),
      env: ownEnvironment(),
      circus: null,
      stateDir: spec.stateDir,
      runSerf: async () => (await import("./arbiter-runner.js")).arbiterRunner(spec.stateDir, spec.listen, log),
      onSuicide: () => end("Told to end"),
    });
    // Scripts keep the first line for later.
    process.stdout.on("error", () => undefined);
    process.stdout.write(`${server.address}\n`);
    log.info(`${await ended}: leaving the circuit`);
  } finally {
    await server?.leave();
    await host.close();
    unlisten();
  }
  return EXIT.done;
}

/** @param usual the port where none is asked for */
function specOf(flags: StartFlags, usual: number): Result<ClusterSpec, string> {
  const listen = listenOf(flags, usual);
  if (!listen.ok) return listen;
  const odd = flags.join.find((address) => !parseAddress(address).ok);
  if (odd !== undefined) return fail(`cannot join "${odd}": it is no address of a server; write circuit://HOST:PORT/PID/Q… or HOST:PORT`);
  const { advertise, join, discover, keyFile, name, labels, engine, stateDir, docker } = flags;
  return succeed({
    ...CLUSTER_DEFAULTS,
    listen: listen.value,
    advertise,
    join,
    discover,
    keyFile,
    name,
    labels,
    engine: engine ?? CLUSTER_DEFAULTS.engine,
    stateDir,
    docker,
  });
}

/** A port that is not named is the usual one, at which clients look, or where somebody else has that, any that is free, as in Circuit. */
function listenOf({ addr, device }: Pick<StartFlags, "addr" | "device">, usual: number): Result<string, string> {
  const given = addr === null ? null : parseHostPort(addr.startsWith(":") ? `0.0.0.0${addr}` : addr);
  if (device !== null) {
    const found = addressOfDevice(device);
    return found.ok ? succeed(hostAndPort(found.value, given?.port ?? usual)) : fail(`cannot listen on a device: ${found.failure}`);
  }
  if (addr === null) return succeed(`0.0.0.0:${usual}`);
  if (given !== null) return succeed(hostAndPort(given.host, given.port));
  return /^[^\s/:]+$/.test(addr)
    ? succeed(`${addr}:${DEFAULT_PORT}`)
    : fail(`cannot listen at "${addr}": write HOST:PORT, such as 10.0.0.1:11022`);
}

/** A fault of ours must not take the elements down. */
function surviveOurBugs(log: SystemLog): void {
  const tell = (error: unknown): void =>
    log.critical(`internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.on("uncaughtException", tell);
  process.on("unhandledRejection", tell);
}
