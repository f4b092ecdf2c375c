/**
 * What the decision-making rooms need from the world, as small interfaces. The `os` room makes them real,
 * tests make them of memory, `main` hands them in.
 */
import type { Environment, HookName, HookSpec, Limits, SocketSpec, StreamSpec } from "./spec.js";
import type { MulticastGroup } from "./multicast.js";
import type { Result } from "./result.js";

export type Pid = number;

/** Milliseconds of a monotonic clock with an arbitrary origin. */
export type Millis = number;

export type Cancel = () => void;

export interface Clock {
  /** Monotonic: a wall clock that is set back or forth does not move it. */
  now(): Millis;
  /** Seconds since the epoch, as Circus's `time` fields have it. */
  epoch(): number;
  /** Runs once after the delay; the timer does not keep the program alive by itself. */
  after(delay: Millis, run: () => void): Cancel;
  /** Resolves once everything that is due by now has had its turn: between two slices of long work. */
  yield(): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;

export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  critical(message: string): void;
}

export type Exit =
  { readonly kind: "exited"; readonly code: number } | { readonly kind: "signalled"; readonly signal: number; readonly core: boolean };

/** Which step of a start failed, and why: `Cannot start "web": no such directory "/srv/x"`. */
export interface SpawnFailure {
  readonly stage: "command" | "sockets" | "streams" | "hook" | "cwd" | "identity" | "limits" | "fork" | "exec" | "cancelled";
  /** errno name such as ENOENT, or null where there is none. */
  readonly code: string | null;
  readonly message: string;
}

/** A pipe whose other end is handed over, to be closed by whoever takes it, once the process has been started. */
export interface PipePlan {
  readonly kind: "pipe";
  /** Never throws. */
  readonly attach: (fd: number) => void;
}

export type StdinPlan =
  { readonly kind: "null" } | { readonly kind: "inherit" } | { readonly kind: "socket"; readonly fd: number } | PipePlan;
export type OutputPlan =
  { readonly kind: "null" } | { readonly kind: "inherit" } | { readonly kind: "channel"; readonly channel: OutputChannel } | PipePlan;

export interface PassedSocket {
  readonly name: string;
  /** In this process; the worker gets it as 3, 4, 5… in the order of the list. */
  readonly fd: number;
}

/** Everything that a new worker is; nothing is added to it on the way but LISTEN_* where sockets are passed. */
export interface SpawnPlan {
  readonly watcher: string;
  readonly wid: number;
  readonly argv: readonly string[];
  /** Program file to execute in place of `argv[0]`. */
  readonly executable: string | null;
  readonly workingDir: string | null;
  readonly env: Environment;
  readonly uid: string | number | null;
  readonly gid: string | number | null;
  readonly limits: Limits;
  readonly stdin: StdinPlan;
  readonly stdout: OutputPlan;
  readonly stderr: OutputPlan;
  readonly sockets: readonly PassedSocket[];
}

/** What a process host tells about one worker, in this order, each at most once. */
export interface ProcessListener {
  /**
   * The session leader died. `leftovers` says that others of its tree still live; then `emptied` follows
   * when the last of them is gone.
   */
  exited(exit: Exit, leftovers: boolean): void;
  emptied(): void;
}

/** Looks at many processes at once. */
export interface ProcessUsage {
  /** Figures of living processes; one that has vanished is missing from the answer. `withChildren` fills `children`. */
  look(pids: readonly Pid[], withChildren: boolean): Promise<ReadonlyMap<Pid, ProcessInfo>>;
}

/** Counts how often listening sockets have something to accept or read. */
export interface SocketHits {
  /** Counts by descriptor since the last call. */
  take(): ReadonlyMap<number, number>;
  close(): void;
}

export interface ProcessInfo {
  readonly pid: Pid;
  readonly cmdline: string;
  readonly username: string;
  readonly nice: number;
  /** Resident bytes. */
  readonly rss: number;
  /** Virtual bytes. */
  readonly vms: number;
  /** Share of all memory in percent. */
  readonly memPercent: number;
  /** User plus system time in seconds since the start. */
  readonly cpuSeconds: number;
  /** Percent of one core since the previous look at this pid; 0 at the first. */
  readonly cpuPercent: number;
  /** Seconds since the epoch. */
  readonly createTime: number;
  readonly children: readonly ProcessInfo[];
}

/** Starts, signals and watches processes. It never throws for what may happen: a refused fork is a value. */
export interface ProcessHost {
  /**
   * Starts a worker as leader of a session of its own. The listener is called only after this has resolved
   * with a pid.
   */
  spawn(plan: SpawnPlan, listener: ProcessListener): Promise<Result<Pid, SpawnFailure>>;
  /** Sends to that process alone. `ESRCH` is a failure like EPERM and EINVAL. */
  signal(pid: Pid, signal: number): Result<void, { readonly code: string }>;
  /** Sends to the leader's whole tree: group, session and every descendant; also after the leader is gone. Returns who got it. */
  signalTree(leader: Pid, signal: number): readonly Pid[];
  /** Live children of a process, with all descendants when `recursive`. */
  children(pid: Pid, recursive: boolean): readonly Pid[];
  /** Forgets a worker without touching it: it lives on, unsupervised (`rm` with nostop). */
  release(pid: Pid): void;
  /** Figures of living processes; one that has vanished is missing from the answer. `withChildren` fills `children`. */
  inspect(pids: readonly Pid[], withChildren: boolean): ReadonlyMap<Pid, ProcessInfo>;
  /** SIGKILLs every descendant that no worker accounts for, and stops watching. For the end of the daemon. */
  close(): Promise<void>;
}

/**
 * The place where the stdout or stderr of all processes of one watcher goes. It outlives the processes and
 * is opened and closed with the watcher.
 */
export interface OutputChannel {
  readonly spec: StreamSpec;
  /** Switches living processes too: what is read after the switch goes to the new stream. */
  change(spec: StreamSpec): Promise<Result<void, string>>;
  /** Reopens the file at its path, for an external logrotate. */
  reopen(): void;
  /** Bytes that found no room and were dropped since the start. */
  readonly dropped: number;
  /** Waits for what is buffered, within a limit, then closes the stream. */
  close(): Promise<void>;
  /** Goes on reading who writes now, and closes when the last of them has ended: for processes that were let go. */
  closeWhenIdle(): void;
}

export interface Outputs {
  /** @param of with `tail`, one of these outputs' own, what is read is kept there too */
  open(
    spec: StreamSpec,
    of: { readonly watcher: string; readonly stream: OutputStreamName; readonly tail?: OutputTail },
  ): Promise<Result<OutputChannel, string>>;
  /** A tail that is empty. */
  tail(): OutputTail;
}

export type OutputStreamName = "stdout" | "stderr";

/**
 * The last output of the processes of one watcher, those that ended lately too. It belongs to the watcher and
 * outlives the streams.
 */
export interface OutputTail {
  /** It was closed: nothing is kept any more. */
  readonly closed: boolean;
  /** Whether anybody waits for news. */
  readonly isAwaited: boolean;
  /** Changes how many lines of each stream of a process are kept; 0 keeps none. */
  resize(lines: number): void;
  /** Whether anything is known of a process with that pid. */
  knows(pid: Pid): boolean;
  read(query: TailQuery): TailPage;
  /** Calls back whenever lines have come, and when the tail is closed, until it is cancelled. Null where too many wait already. */
  onNews(run: () => void): Cancel | null;
  /** Forgets everything and keeps nothing any more. */
  close(): void;
}

export interface TailQuery {
  /** Null for all processes. */
  readonly pid: Pid | null;
  /** Null for both streams. */
  readonly stream: OutputStreamName | null;
  /** At most this many, the last ones; null for all. */
  readonly lines: number | null;
  /** A cursor; one that is not of this tail stands for its beginning. Null for the last lines, however old they are. */
  readonly after: string | null;
}

export interface KeptLine {
  readonly pid: Pid;
  readonly stream: OutputStreamName;
  /** When the end of it was read, in seconds since the epoch. */
  readonly time: number;
  /** Without the line end. */
  readonly bytes: Uint8Array;
  /** Its beginning is missing. */
  readonly cut: boolean;
}

export interface TailPage {
  /** In the order in which they were finished. */
  readonly lines: readonly KeptLine[];
  readonly cursor: string;
  /** Bytes that came after the cursor of the query and were pushed out. */
  readonly missed: number;
  /** More was there than fits into one answer: it follows after `cursor`. */
  readonly full: boolean;
}

export type SocketAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface BoundSocket {
  readonly spec: SocketSpec;
  readonly fd: number;
  readonly address: SocketAddress;
  /**
   * A descriptor to pass to one new worker: this socket, or with so_reuseport a new one bound to the same
   * address. `release` is called when the spawn is over, however it went.
   */
  lease(): Result<{ readonly fd: number; readonly release: () => void }, string>;
  close(): void;
}

export interface Sockets {
  /** Creates, binds and listens. */
  bind(spec: SocketSpec): Promise<Result<BoundSocket, string>>;
  /** Calls back once when any of the descriptors has something to accept or read. */
  onActivity(fds: readonly number[], ready: (fd: number) => void): Cancel;
}

/** What a hook is told. Values become CIRCUS_* variables of an `exec:` hook. */
export interface HookFacts {
  readonly watcher: string;
  readonly hook: HookName;
  readonly pid?: Pid;
  readonly signum?: number;
  readonly exitCode?: number | null;
  readonly time?: number;
  /** For extended_stats: the hook adds its keys to it. */
  readonly stats?: Record<string, unknown>;
  /** The environment that `exec:` hooks run with, the watcher's own. */
  readonly env: Environment;
  readonly workingDir: string | null;
}

export type HookOutcome =
  | { readonly kind: "returned"; readonly value: boolean; readonly stats?: Record<string, unknown> }
  | { readonly kind: "threw"; readonly message: string };

export interface Hooks {
  /** Loads the hook so that a wrong name is known at once; a failure tells how to put it right. */
  check(spec: HookSpec): Promise<Result<void, string>>;
  /** Runs it, for at most `timeout` seconds. Never rejects. */
  run(spec: HookSpec, facts: HookFacts, timeout: number): Promise<HookOutcome>;
}

/** A command that a module adds, with its half for the daemon and its half for consoles. */
export interface AddedCommand {
  /** In lower case. */
  readonly name: string;
  /** One line, for lists of commands. */
  readonly summary: string;
  /** What follows the name on a command line, such as `<name> [<pid>]`; empty where nothing does. */
  readonly operands: string;
  /** Paragraphs. */
  readonly help: string;
  /** What the words of a command line ask for. @throws what the module throws, for words that it does not take */
  read(words: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
  /** Does it. @returns what the reply carries @throws what the module throws */
  execute(properties: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  /** The text of a reply for a console. @throws what the module throws */
  render(reply: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Loads the modules of added commands; the failure tells which of them cannot be used, and why. */
export type LoadCommands = (modules: readonly string[]) => Promise<Result<readonly AddedCommand[], string>>;
/** A datagram that came in a multicast group. */
export interface Question {
  readonly text: string;
  /** The address that it came from. */
  readonly host: string;
  /** Whether that is an address of this host. */
  readonly isOwn: boolean;
}

/** Makes the daemon one that can be found. */
export interface Discovery {
  /** Joins a group on every network device; `answer` gives what is sent back, or null. It does not keep the program alive. */
  listen(group: MulticastGroup, answer: (question: Question) => string | null): Promise<Result<{ close(): void }, string>>;
}

/** Whoever started the daemon and wants to be told how it is, in the words of sd_notify(3). It never throws. */
export interface ServiceManager {
  /** @param assignments such as `{ READY: "1", STATUS: "…" }` @returns whether they were taken */
  tell(assignments: Readonly<Record<string, string>>): boolean;
  /** Microseconds of the system's monotonic clock, which a reload has to be stamped with. */
  monotonic(): string;
  /** How long it waits for a sign of life; null where it does not. */
  readonly watchdog: Millis | null;
}

/** Reads the configuration again, for reloadconfig and restart. */
export type LoadConfig = () => Promise<import("./spec.js").Loaded>;

/** What a Python virtualenv adds to a worker's environment, as it was found on disk. */
export interface Virtualenv {
  /** Its directory of programs, for PATH; null where it has none. */
  readonly bin: string | null;
  /** What its `.pth` files name, for PYTHONPATH. */
  readonly packages: readonly string[];
  readonly sitePackages: string;
}

/** Looks at a virtualenv; a version of null means the newest Python in it. The failure says what is missing. */
export type FindVirtualenv = (root: string, pythonVersion: string | null) => Result<Virtualenv, string>;

/** Those of the names that a user's regular expression matches from their beginning; it may not take for ever. */
export type MatchNames = (pattern: string, names: readonly string[]) => Result<readonly string[], string>;
