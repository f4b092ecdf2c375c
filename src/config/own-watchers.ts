/**
 * circusd's own helpers as watchers: circusd-stats where `statsd` is set, circushttpd with its socket where
 * `httpd` is, the serf agent of a server whose engine is serf, and a circus-plugin for each plugin. Being part of the configuration they are compared at a reload like
 * everything else.
 */
import type { ClusterSpec } from "../core/circuit/spec.js";
import { defaultSocket, defaultWatcher } from "../core/options.js";
import { PLUGIN_CONFIG, parsePluginUse } from "../core/plugin-use.js";
import type { Pid } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { ArbiterSpec, Config, Diagnostic, Loaded, PluginSpec, SocketSpec, WatcherSpec } from "../core/spec.js";
import { referencedSockets } from "../core/variables.js";
import { quoteForShell } from "../core/words.js";
import { SERF_WATCHER, serfWatcher } from "./serf-watcher.js";

/** Files to run; `node` runs the others. */
export interface OwnPrograms {
  /** This circusd, with which they end. */
  readonly circusd: Pid;
  readonly node: string;
  readonly stats: string;
  readonly web: string;
  readonly plugin: string;
  /** Words that run serf; the failure says why there is none. */
  readonly serf: () => Result<readonly string[], string>;
  /** The configuration of the serf agent of a server. */
  readonly serfFile: (cluster: ClusterSpec) => string;
}

/** The failure says why there can be none. */
type Helper = Result<{ readonly watcher: WatcherSpec; readonly sockets: readonly SocketSpec[] }, string>;

/** Circus's names. */
const STATS = "circusd-stats";
const WEB = "circushttpd";

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\])$/i;
/** A port that is only known once it is bound. */
const ANY_PORT = /^tcp:.*:(\*|0+)$/;

/**
 * Adds the helpers that the configuration asks for. One that cannot be had is told as a warning and left out:
 * what is supervised runs without it.
 */
export function withOwnWatchers(loaded: Loaded, programs: OwnPrograms): Loaded {
  const { config, faulty } = loaded;
  if (faulty.arbiter) {
    // What a faulty [circus] asks for, and where it is reached, is not known: helpers that run are to run on.
    const plugins = [...faulty.plugins, ...config.plugins.map(({ name }) => name)].map(watcherOf);
    return { ...loaded, faulty: { ...faulty, ...named(loaded, [STATS, WEB, ...plugins]) } };
  }
  const { statsd, httpd } = config.arbiter;
  const helpers = [
    ...(statsd ? [{ name: STATS, asker: "statsd in [circus]", helper: statsWatcher(config, programs) }] : []),
    ...(httpd ? [{ name: WEB, asker: "httpd in [circus]", helper: webWatcher(config, programs) }] : []),
    ...(config.cluster?.engine === "serf"
      ? [{ name: "serf", asker: "engine = serf in [cluster]", helper: agentWatcher(config, config.cluster, programs) }]
      : []),
    ...config.plugins
      .filter(({ active, use }) => active && parsePluginUse(use).ok)
      .map((plugin) => ({ name: "circus-plugin", asker: `[plugin:${plugin.name}]`, helper: pluginWatcher(plugin, config, programs) })),
  ];
  const made = helpers.flatMap(({ helper }) => (helper.ok ? [helper.value] : []));
  const refusals = helpers.flatMap(({ name, asker, helper }): Diagnostic[] => {
    if (helper.ok) return [];
    const message = `Cannot start ${name}, which ${asker} asks for: ${helper.failure}; everything else starts`;
    return [{ severity: "warning", message, place: null }];
  });
  return {
    ...loaded,
    faulty: { ...faulty, ...named(loaded, faulty.plugins.map(watcherOf)) },
    config: {
      ...config,
      watchers: [...config.watchers, ...made.map(({ watcher }) => watcher)],
      sockets: [...config.sockets, ...made.flatMap(({ sockets }) => sockets)],
    },
    diagnostics: [...loaded.diagnostics, ...refusals],
  };
}

function named({ faulty }: Loaded, names: readonly string[]): Pick<Loaded["faulty"], "watchers" | "sockets"> {
  return { watchers: [...faulty.watchers, ...names], sockets: [...faulty.sockets, ...names] };
}

function statsWatcher(config: Config, { circusd, node, stats }: OwnPrograms): Helper {
  const { arbiter, sockets } = config;
  const fault = nameTaken(config, STATS) ?? unreachable(arbiter, ["endpoint", "pubsubEndpoint", "statsEndpoint"]);
  if (fault !== null) return fail(fault);
  // A socket of so_reuseport would get a share of the connections, and nobody would accept them.
  const counted = sockets.filter(({ name, soReuseport }) => !soReuseport && isNameable(name));
  const args = [
    ...[stats, "--endpoint", arbiter.endpoint, "--pubsub", arbiter.pubsubEndpoint, "--statspoint", arbiter.statsEndpoint],
    ...["--log-level", logLevel(arbiter), ...sharedLog(arbiter), "--circusd", String(circusd)],
    ...(arbiter.statsChildren ? ["--children"] : []),
    ...counted.flatMap(({ name }) => ["--socket", `${name}=${variableOf(name)}`]),
  ];
  return succeed({ watcher: ownWatcher(STATS, { node, args, debug: arbiter.debug }), sockets: [] });
}

/** A name with a space, say, would be handed over as it is written, and not as a number. */
function isNameable(socket: string): boolean {
  return referencedSockets(variableOf(socket))[0] === socket;
}

function variableOf(socket: string): string {
  return `$(circus.sockets.${socket})`;
}

function webWatcher(config: Config, { circusd, node, web }: OwnPrograms): Helper {
  const { arbiter } = config;
  const fault = nameTaken(config, WEB) ?? unreachable(arbiter, ["endpoint"]) ?? exposed(arbiter) ?? halfTls(arbiter);
  if (fault !== null) return fail(fault);
  const files = [
    ["--password-file", arbiter.httpdPasswordFile],
    ["--token-file", arbiter.httpdTokenFile],
    ["--certfile", arbiter.httpdCertfile],
    ["--keyfile", arbiter.httpdKeyfile],
  ] as const;
  const args = [
    ...[web, "--endpoint", arbiter.endpoint, "--fd", variableOf(WEB), "--host", arbiter.httpdHost],
    ...["--log-level", logLevel(arbiter), ...sharedLog(arbiter), "--circusd", String(circusd)],
    ...arbiter.httpdHosts.flatMap((host) => ["--allow-host", host]),
    ...files.flatMap(([option, file]) => (file === null ? [] : [option, file])),
  ];
  const { httpdHost: host, httpdPort: port } = arbiter;
  const family = host.includes(":") ? "AF_INET6" : "AF_INET";
  const socket: SocketSpec = { ...defaultSocket(WEB), host: host.replace(/^\[|\]$/g, ""), port, family };
  return succeed({ watcher: ownWatcher(WEB, { node, args, debug: arbiter.debug }), sockets: [socket] });
}

/** Gossips with those of the other servers; the server of this circusd starts it, when it has written what it must know. */
function agentWatcher(config: Config, cluster: ClusterSpec, { serf, serfFile }: OwnPrograms): Helper {
  const fault = nameTaken(config, SERF_WATCHER);
  const words = fault === null ? serf() : fail(fault);
  return words.ok ? succeed({ watcher: serfWatcher(words.value, serfFile(cluster)), sockets: [] }) : words;
}

/** The watcher is that of the section, with its options; only what it runs is ours to say. */
function pluginWatcher(plugin: PluginSpec, { arbiter }: Config, { circusd, node, plugin: script }: OwnPrograms): Helper {
  const fault = unreachable(arbiter, ["endpoint", "pubsubEndpoint"]);
  if (fault !== null) return fail(fault);
  const args = [
    ...[script, "--endpoint", arbiter.endpoint, "--pubsub", arbiter.pubsubEndpoint, "--name", plugin.name],
    ...["--check-delay", String(arbiter.checkDelay), "--log-level", logLevel(arbiter), "--circusd", String(circusd)],
    ...(reachesLog(plugin.watcher, arbiter) ? sharedLog(arbiter) : []),
    ...["--config", `@${PLUGIN_CONFIG}`, plugin.use],
  ];
  // A command line is shown to every user of the host, and passwords stand in options.
  const env = { ...plugin.watcher.env, [PLUGIN_CONFIG]: JSON.stringify(plugin.options) };
  return succeed({ watcher: { ...plugin.watcher, cmd: quoteForShell(node), args, env }, sockets: [] });
}

/** What the programs say stands where circusd says its own: of a daemon in the background nobody reads the standard error. */
function sharedLog({ logoutput }: ArbiterSpec): readonly string[] {
  return /^(-|stdout)$/.test(logoutput) ? [] : ["--log-output", logoutput];
}

/** Another user may not write where circusd does, and in another directory a path means another file. */
function reachesLog({ uid, gid, workingDir }: WatcherSpec, { logoutput }: ArbiterSpec): boolean {
  return uid === null && gid === null && (workingDir === null || /^(\/|syslog:)/.test(logoutput));
}

function watcherOf(plugin: string): string {
  return `plugin:${plugin}`;
}

interface OwnCommand {
  readonly node: string;
  readonly args: readonly string[];
  readonly debug: boolean;
}

/** What a helper says on its standard error are warnings and errors: those are to be seen. */
function ownWatcher(name: string, { node, args, debug }: OwnCommand): WatcherSpec {
  const [script = "", ...rest] = args;
  return {
    ...defaultWatcher(name, quoteForShell(node)),
    args: [script, ...rest],
    singleton: true,
    copyEnv: true,
    copyPath: true,
    maxRetry: -1,
    closeChildStdout: !debug,
    internal: true,
  };
}

function logLevel({ debug, loglevel }: ArbiterSpec): string {
  return debug ? "debug" : loglevel;
}

function nameTaken({ watchers, sockets }: Config, name: string): string | null {
  if (watchers.some((watcher) => watcher.name.toLowerCase() === name)) return `there is a [watcher:${name}]; give that another name`;
  return sockets.some((socket) => socket.name === name) ? `there is a [socket:${name}]; give that another name` : null;
}

function unreachable(arbiter: ArbiterSpec, keys: readonly ("endpoint" | "pubsubEndpoint" | "statsEndpoint")[]): string | null {
  const open = keys.map((key) => arbiter[key]).find((endpoint) => ANY_PORT.test(endpoint) || /^(inproc|memory):/.test(endpoint));
  return open === undefined ? null : `nobody knows beforehand where to reach "${open}"; give it a port or a path`;
}

/** Whoever uses the console runs commands as the user of circusd. */
function exposed({ httpdHost, httpdPasswordFile, httpdTokenFile }: ArbiterSpec): string | null {
  if (LOOPBACK.test(httpdHost) || httpdPasswordFile !== null || httpdTokenFile !== null) return null;
  return `httpd_host "${httpdHost}" can be reached from other hosts; set httpd_password_file or httpd_token_file`;
}

function halfTls({ httpdCertfile, httpdKeyfile }: ArbiterSpec): string | null {
  if ((httpdCertfile === null) === (httpdKeyfile === null)) return null;
  return "httpd_certfile and httpd_keyfile go together; one of them is missing";
}
