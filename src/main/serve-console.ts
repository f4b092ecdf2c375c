/** The life of circushttpd: the rooms joined, from the first page to the signal that ends it. */
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { fileURLToPath } from "node:url";
import { openTunnel, type Tunnel } from "../cli/ssh.js";
import type { Pid } from "../core/ports.js";
import type { Result } from "../core/result.js";
import { systemClock } from "../os/clock.js";
import { openLog, type SystemLog } from "../os/log.js";
import { setupFor } from "../os/log/setup.js";
import { onSignals } from "../os/signals.js";
import { Access } from "../web/access/access.js";
import { isLoopback } from "../web/access/hosts.js";
import { loadAssets } from "../web/assets.js";
import { makeServer, type ServerParts, type WebServer } from "../web/server.js";
import { DaemonView } from "../web/view/daemon-view.js";
import { openZmq } from "../wire/zmq/transport.js";
import type { WebSettings } from "./circushttpd-options.js";
import { onceWithout } from "./once-without.js";
import { runProgram } from "./run-program.js";
import { packageVersion } from "./version.js";

/** Where the build puts the page. */
const PAGE = fileURLToPath(new URL("../web/page/", import.meta.url));

/** Seconds for ssh to connect in. */
const SSH_TIME = 10;

/** Milliseconds in which everything is closed, then it is left. */
const LONGEST_END = 2_000;

/**
 * Serves until a signal ends it.
 * @throws Error where it cannot begin: a port in use, a file that cannot be read, a certificate that will not do.
 */
export async function serveConsole(settings: WebSettings): Promise<void> {
  refuseExposure(settings);
  const tls = await readTls(settings);
  const assets = await loadAssets(PAGE);
  const log = proven(openLog(proven(setupFor(settings.loglevel, settings.logoutput))));
  const clock = systemClock();
  const access = await Access.open({ ...settings, clock, log });
  const transport = await openZmq();
  const route = openRoute(settings.ssh);
  process.title = "circushttpd";
  const ended = ending(log, settings.circusd);
  const daemons = new Map(settings.daemons.map((info) => [info.id, new DaemonView(info, { transport, clock, log, reach: route.reach })]));
  try {
    const hosts = { host: settings.host, allowed: settings.allowedHosts };
    const server = await makeServer({ daemons, assets, clock, log, version: packageVersion(), access, hosts, tls });
    const port = await listen(server, settings);
    if (assets.size === 0) log.warning("The page of the console is not built: only its API is served; npm run build makes it");
    process.stdout.on("error", () => undefined);
    process.stdout.write(`Listening on ${tls === null ? "http" : "https"}://${bracketed(settings.host)}:${port}/\nHit Ctrl-C to quit.\n`);
    log.info(`${await ended}; circushttpd ends`);
    await Promise.race([server.close(), new Promise<void>((resolve) => clock.after(LONGEST_END, resolve))]);
  } finally {
    await Promise.all([...daemons.values()].map((view) => view.close()));
    await route.close();
    await log.close();
  }
}

/** Whoever uses the console runs commands as the user of circusd. @throws Error where others could without a password */
function refuseExposure({ host, passwordFile, tokenFile }: WebSettings): void {
  if (isLoopback(host) || passwordFile !== null || tokenFile !== null) return;
  throw new Error(`Cannot listen at "${host}", which other hosts can reach: give --password-file or --token-file`);
}

async function readTls({ certfile, keyfile }: WebSettings): Promise<ServerParts["tls"]> {
  if (certfile === null || keyfile === null) return null;
  const [cert, key] = await Promise.all([readNamed("certificate", certfile), readNamed("private key", keyfile)]);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot use the certificate "${certfile}" with the key "${keyfile}": ${reason}`, { cause });
  }
  return { cert, key };
}

async function readNamed(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Error(`Cannot read the ${what} "${file}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function listen(server: WebServer, { fd, host, port }: WebSettings): Promise<number> {
  try {
    return await server.listen(fd === null ? { host, port } : { fd });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : null;
    const where = fd === null ? `"${bracketed(host)}:${port}"` : `descriptor ${fd}`;
    const reason =
      code === "EADDRINUSE" ? "the port is in use; choose another with --port" : String(cause instanceof Error ? cause.message : cause);
    throw new Error(`Cannot listen at ${where}: ${reason}`, { cause });
  }
}

interface Route {
  readonly reach: (endpoint: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Endpoints as they are, or through ssh: a tunnel each, opened anew where the last one ended. */
function openRoute(server: string | null): Route {
  const tunnels = new Map<string, Promise<Tunnel>>();
  if (server === null) return { reach: (endpoint) => Promise.resolve(endpoint), close: () => Promise.resolve() };
  const open = async (endpoint: string): Promise<Tunnel> => {
    const tunnel = await openTunnel(runProgram, endpoint, { server, keyfile: null, timeout: SSH_TIME });
    void tunnel.ended.then(() => tunnels.delete(endpoint));
    return tunnel;
  };
  return {
    async reach(endpoint) {
      const tunnel = tunnels.get(endpoint) ?? open(endpoint);
      tunnels.set(endpoint, tunnel);
      return (
        await tunnel.catch((cause: unknown) => {
          tunnels.delete(endpoint);
          throw cause;
        })
      ).endpoint;
    },
    async close() {
      const all = await Promise.allSettled(tunnels.values());
      for (const one of all) if (one.status === "fulfilled") await one.value.close();
    },
  };
}

/** Resolves with the reason to end. */
function ending(log: SystemLog, circusd: Pid | null): Promise<string> {
  return new Promise((resolve) => {
    onSignals({
      stop: (signal) => resolve(`Got signal ${signal}`),
      reload: () => log.reopen(),
      reopen: () => log.reopen(),
      ignore: () => undefined,
    });
    // Its socket would keep the next circusd from binding its own.
    if (circusd !== null)
      onceWithout(circusd, systemClock(), () => resolve("circusd has gone, and the next one starts its own circushttpd"));
  });
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function proven<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.failure);
  return result.value;
}
