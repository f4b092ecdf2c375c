/**
 * The vocabulary of what can be configured: watchers, sockets, streams, hooks and the arbiter.
 *
 * A spec is complete and typed: every default was applied by the room that parsed it (`config` for a
 * file, `arbiter` for the `add` command), so nobody below asks "and if it is missing?".
 * Durations are in seconds, as in circus.ini and on the wire.
 */
import type { ClusterSpec } from "./circuit/spec.js";

/** A value that a user may write in free-form options of a watcher or a plugin. */
export type OptionValue = string | number | boolean | null | readonly OptionValue[] | { readonly [key: string]: OptionValue };

/** Environment of a worker, name to value. */
export type Environment = Readonly<Record<string, string>>;

/** Signal number with the name it was asked by: `{ number: 15, name: "SIGTERM" }`. */
export interface Signal {
  readonly number: number;
  readonly name: string;
}

export const HOOK_NAMES = [
  "before_start",
  "after_start",
  "before_spawn",
  "after_spawn",
  "before_stop",
  "after_stop",
  "before_signal",
  "after_signal",
  "before_reap",
  "after_reap",
  "extended_stats",
] as const;

export type HookName = (typeof HOOK_NAMES)[number];

/** One configured hook: `./hooks.js:checkRedis`, `some-package:check` or `exec:/path/to/check arg`. */
export interface HookSpec {
  readonly target: string;
  /** When the hook throws: true counts as "go on", false as a refusal (Circus's `hooks.X = name, True`). */
  readonly ignoreFailure: boolean;
}

/**
 * Where a worker's stdout or stderr goes. `class` is one of the built-in names or `module:Class`;
 * the other keys are the options as the user wrote them, read by the stream itself.
 */
export interface StreamSpec {
  readonly class: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/**
 * Passes output on to circusd's own, stdout to stdout and stderr to stderr: what `tail_lines` makes of a watcher
 * without a stream. No configuration can name it.
 */
export const PASS_ON: StreamSpec = { class: "circusd's own", options: {} };

/** `"infinity"` or a number in the unit of setrlimit(2). */
export type LimitValue = number | "infinity";

/** Keys are setrlimit names in lower case without `RLIMIT_`: nofile, core, nproc… */
export type Limits = Readonly<Record<string, LimitValue>>;

/** More processes than this of one watcher are a slip of the finger. */
export const MAX_PROCESSES = 100_000;

/** How many lines of a process are kept where `tail_lines` says nothing. */
export const TAIL_LINES = 200;

/** As many are more than anybody reads of a tail. */
export const MAX_TAIL_LINES = 100_000;

export interface WatcherSpec {
  /** As written: `status` and `stats` show it so; it is looked up in lower case. */
  readonly name: string;
  readonly cmd: string;
  /** A string is split like a shell would; a list (from the wire) is taken as it stands. */
  readonly args: string | readonly string[] | null;
  readonly numprocesses: number;
  /** Seconds between two spawns of this watcher. */
  readonly warmupDelay: number;
  readonly executable: string | null;
  readonly workingDir: string | null;
  readonly onDemand: boolean;
  readonly shell: boolean;
  readonly shellArgs: string | null;
  /** Name or number, as written; it is resolved against the password file when a worker starts. */
  readonly uid: string | number | null;
  readonly gid: string | number | null;
  readonly sendHup: boolean;
  readonly stopSignal: Signal;
  readonly stopChildren: boolean;
  /** Failed starts in a row after which the watcher is stopped; -1 never gives up. */
  readonly maxRetry: number;
  /** Seconds between the stop signal and SIGKILL. */
  readonly gracefulTimeout: number;
  readonly limits: Limits;
  readonly stdoutStream: StreamSpec | null;
  readonly stderrStream: StreamSpec | null;
  /**
   * Last lines of each process that are kept for `tail`; 0 keeps none. Null keeps {@link TAIL_LINES} of what
   * goes to a stream; a number also keeps what has none.
   */
  readonly tailLines: number | null;
  /** Higher starts earlier and stops later. */
  readonly priority: number;
  readonly useSockets: boolean;
  readonly singleton: boolean;
  readonly copyEnv: boolean;
  readonly copyPath: boolean;
  /** The configured environment alone: `copyEnv` is applied when a worker starts. */
  readonly env: Environment;
  readonly hooks: Readonly<Partial<Record<HookName, HookSpec>>>;
  /** Seconds a hook may take before it counts as failed. */
  readonly hookTimeout: number;
  readonly respawn: boolean;
  readonly autostart: boolean;
  /** Its end, where no command asked for it, is the end of circusd. */
  readonly essential: boolean;
  readonly closeChildStdin: boolean;
  readonly closeChildStdout: boolean;
  readonly closeChildStderr: boolean;
  /** Seconds after which a process is replaced; 0 never. */
  readonly maxAge: number;
  /** Up to this many seconds are added to `maxAge`, drawn once for each process. */
  readonly maxAgeVariance: number;
  readonly virtualenv: string | null;
  /** Python version of the virtualenv's site-packages, such as `3.11`. */
  readonly virtualenvPyVer: string | null;
  readonly stdinSocket: string | null;
  /** First delay in seconds once a restart is no longer immediate. */
  readonly restartDelay: number;
  /** The delay is multiplied by this after each further failure; at least 1. */
  readonly restartBackoff: number;
  /** Ceiling of the delay in seconds. */
  readonly restartMaxDelay: number;
  /** Options that nobody here reads (`flapping.attempts`…): shown by `options`, read by plugins. */
  readonly freeForm: Readonly<Record<string, OptionValue>>;
  /** Watchers that circusd adds for itself: circusd-stats, circushttpd, plugins. */
  readonly internal: boolean;
}

export type SocketFamily = "AF_INET" | "AF_INET6" | "AF_UNIX";
export type SocketType = "SOCK_STREAM" | "SOCK_DGRAM" | "SOCK_SEQPACKET" | "SOCK_RAW";

export interface SocketSpec {
  /** Lower case. */
  readonly name: string;
  readonly family: SocketFamily;
  readonly type: SocketType;
  /** Protocol name or number as in /etc/protocols; null is the type's own. */
  readonly proto: string | number | null;
  /** Used when family is not AF_UNIX. */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Used when family is AF_UNIX. */
  readonly path: string | null;
  readonly backlog: number;
  readonly soReuseport: boolean;
  /** Network device to bind to (SO_BINDTODEVICE). */
  readonly interface: string | null;
  /** For the file of a unix socket. */
  readonly umask: number;
  /** Remove a file that stands at `path`. */
  readonly replace: boolean;
  readonly blocking: boolean;
}

export interface PluginSpec {
  /** Without the `plugin:` prefix. */
  readonly name: string;
  readonly use: string;
  readonly active: boolean;
  /** Everything else of the section as written: watcher options and the plugin's own. */
  readonly options: Readonly<Record<string, string>>;
  /** The watcher that runs it, named `plugin:NAME`. */
  readonly watcher: WatcherSpec;
}

export type LogLevel = "critical" | "error" | "warning" | "info" | "debug";

export interface ArbiterSpec {
  readonly endpoint: string;
  readonly endpointOwner: string | null;
  readonly pubsubEndpoint: string;
  readonly statsEndpoint: string;
  readonly statsd: boolean;
  /** Whether circusd-stats publishes the children of processes too. */
  readonly statsChildren: boolean;
  readonly multicastEndpoint: string;
  /** Accepted and shown; nothing waits for it: deaths come as events. */
  readonly checkDelay: number;
  readonly umask: number | null;
  /** Seconds between the starts of two watchers. */
  readonly warmupDelay: number;
  readonly httpd: boolean;
  readonly httpdHost: string;
  readonly httpdPort: number;
  /** Names besides the loopback's under which browsers may ask for the console. */
  readonly httpdHosts: readonly string[];
  readonly httpdPasswordFile: string | null;
  readonly httpdTokenFile: string | null;
  readonly httpdCertfile: string | null;
  readonly httpdKeyfile: string | null;
  readonly debug: boolean;
  readonly pidfile: string | null;
  readonly loglevel: LogLevel;
  readonly logoutput: string;
  readonly loggerconfig: string | null;
  readonly fqdnPrefix: string | null;
  /** Modules of commands that are added to circusd's own: absolute paths, or packages. */
  readonly commands: readonly string[];
}

/** Everything a configuration says, complete. */
export interface Config {
  readonly arbiter: ArbiterSpec;
  readonly sockets: readonly SocketSpec[];
  readonly watchers: readonly WatcherSpec[];
  readonly plugins: readonly PluginSpec[];
  /** How this host takes part in a circuit; null where it does not. */
  readonly cluster: ClusterSpec | null;
}

/** Where in which file, for messages: line numbers begin at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly place: Place | null;
}

/**
 * What loading gives. `config` is what can be used; sections with an error are left out of it, and each
 * has its diagnostic, so that a reload can go on with the rest. A start refuses when there is any error.
 */
export interface Loaded {
  readonly config: Config;
  readonly diagnostics: readonly Diagnostic[];
  /** What stands in the files but is faulty, by name: a reload leaves it as it runs. `arbiter` is the section [circus], `cluster` is [cluster]. */
  readonly faulty: {
    readonly arbiter: boolean;
    readonly cluster: boolean;
    readonly watchers: readonly string[];
    readonly sockets: readonly string[];
    readonly plugins: readonly string[];
  };
  /** A file could not be read, so that nobody knows what stands in it: a reload must change nothing. */
  readonly incomplete?: boolean;
}
