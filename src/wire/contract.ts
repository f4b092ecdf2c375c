/**
 * The contract of the control endpoint: every command with its properties and its reply.
 *
 * Both ends are checked against it: the client's `call` is typed by it, and a command without a handler in
 * the arbiter does not compile. Names, keys and meanings are Circus 0.19's; keys that Circus does not have
 * are marked "added".
 */
import type { OptionValue } from "../core/spec.js";

/** The version of this contract: what `protocol` in the reply of `globaloptions` shows (added). */
export const PROTOCOL_VERSION = 1;

/** Seconds for which a reply to `tail` may be held back. */
export const MAX_TAIL_WAIT = 60;

/** How a name of start, stop, restart is compared; glob is the default. */
export type Match = "glob" | "simple" | "regex";

/** Most commands that change something: reply at once, or after the work is done. */
interface Waiting {
  readonly waiting?: boolean;
}

type Named = { readonly name: string };

export type Options = Readonly<Record<string, OptionValue>>;

/** Figures of a process in Circus's form; sizes as `1.77M`, cpu and mem in percent, times in seconds. */
export interface ProcessStats {
  readonly mem_info1: string;
  readonly mem_info2: string;
  readonly cpu: number;
  readonly mem: number;
  readonly ctime: string;
  readonly pid: number;
  readonly username: string;
  readonly nice: number;
  readonly create_time: number;
  readonly age: number;
  readonly cmdline: string;
  readonly children: readonly ProcessStats[];
  /** Added: resident and virtual bytes, and seconds of user and system time, as they were counted. */
  readonly rss?: number;
  readonly vms?: number;
  readonly cpu_seconds?: number;
  /** Workers only: when circusd started it, and its slot. */
  readonly started?: number;
  readonly wid?: number;
  /** What an extended_stats hook added. */
  readonly [extra: string]: unknown;
}

/** Figures by pid; the text `"No such process (stopped?)"` for one that is gone. */
export type StatsByPid = Readonly<Record<string, ProcessStats | string>>;

export interface Changed {
  readonly started?: readonly number[];
  readonly stopped?: readonly number[];
  readonly kept?: readonly number[];
}

export type WatcherStatus = "active" | "stopped" | "starting" | "stopping";

export interface ListedSocket {
  readonly fd: number;
  readonly name: string;
  readonly backlog: number;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

export const OUTPUT_STREAMS = ["stdout", "stderr"] as const;

export type OutputStream = (typeof OUTPUT_STREAMS)[number];

/** One line of a worker's output, without its line break. */
export interface TailLine {
  readonly pid: number;
  readonly stream: OutputStream;
  /** When circusd read the end of it, in seconds since the epoch. */
  readonly time: number;
  /** Where the line is valid UTF-8. */
  readonly text?: string;
  /** Its bytes where it is not. */
  readonly base64?: string;
  /** There was no room for its beginning. */
  readonly cut?: boolean;
}

/** What a console needs to know of an added command. It is sent with its words as `argv`, and answers with a text as `console`. */
export interface AddedCommandInfo {
  readonly name: string;
  readonly summary: string;
  readonly operands: string;
  readonly help: string;
}

/** A server of the circuit, as another one sees it. */
export interface MemberInfo {
  /** `X` and 16 hexadecimal digits, new at every start. */
  readonly id: string;
  readonly name: string;
  /** `circuit://HOST:PORT/PID/Q…` */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** `lost` is one that has gone without a good-bye and is still looked for. */
  readonly state: "alive" | "slow" | "lost";
  /** Seconds since the epoch at which it was started, by its own clock. */
  readonly started: number;
  /** Whether it has watchers. */
  readonly circusd: boolean;
  /** It is the one that answers. */
  readonly self: boolean;
}

export interface Commands {
  add: {
    properties: Named &
      Waiting & { readonly cmd: string; readonly args?: string | readonly string[]; readonly options?: Options; readonly start?: boolean };
    reply: { readonly started?: readonly number[]; readonly kept?: readonly number[] };
  };
  /** Added: the commands that modules of this daemon add to those of the contract. */
  commands: { properties: object; reply: { readonly commands: readonly AddedCommandInfo[] } };
  decr: { properties: Named & Waiting & { readonly nb?: number }; reply: { readonly numprocesses?: number; readonly singleton?: boolean } };
  dstats: { properties: object; reply: { readonly info: ProcessStats | string } };
  get: { properties: Named & { readonly keys: readonly string[] }; reply: { readonly options: Options } };
  globaloptions: { properties: { readonly option?: string }; reply: { readonly options: Options } };
  incr: { properties: Named & Waiting & { readonly nb?: number }; reply: { readonly numprocesses?: number; readonly singleton?: boolean } };
  ipython: { properties: object; reply: { readonly shell: boolean; readonly msg: string } };
  /** Added: merges the circuits of this daemon and of the server at that address, `circuit://…` or `HOST:PORT`. */
  join: { properties: { readonly address: string }; reply: { readonly member: MemberInfo } };
  kill: {
    properties: Named &
      Waiting & {
        readonly pid?: number;
        readonly signum?: number | string;
        readonly graceful_timeout?: number;
        readonly recursive?: boolean;
      };
    reply: object;
  };
  list: { properties: { readonly name?: string }; reply: { readonly watchers: readonly string[] } | { readonly pids: readonly number[] } };
  /** Answered with an error that names the PUB endpoint: events come from there. */
  listen: { properties: { readonly topic?: readonly string[] }; reply: never };
  listsockets: { properties: object; reply: { readonly sockets: readonly ListedSocket[] } };
  /** Added: the servers of the circuit, this one among them. An error without `[cluster]`, as for `join` and `relay`. */
  members: { properties: object; reply: { readonly members: readonly MemberInfo[] } };
  numprocesses: { properties: { readonly name?: string }; reply: { readonly numprocesses: number; readonly watcher_name?: string } };
  numwatchers: { properties: object; reply: { readonly numwatchers: number } };
  options: { properties: Named; reply: { readonly options: Options } };
  quit: { properties: Waiting; reply: object };
  /**
   * Added: hands a command to the circusd of another server, chosen by its id or by a name that is unique, and answers with the
   * reply, an error reply too, as it came. `timeout` are seconds.
   */
  relay: {
    properties: {
      readonly server: string;
      readonly command: string;
      readonly properties?: Readonly<Record<string, unknown>>;
      readonly timeout?: number;
    };
    reply: { readonly server: string; readonly reply: Readonly<Record<string, unknown>> };
  };
  reload: {
    properties: Waiting & { readonly name?: string; readonly graceful?: boolean; readonly sequential?: boolean };
    reply: { readonly info?: Changed | null };
  };
  reloadconfig: { properties: Waiting; reply: object };
  restart: { properties: Waiting & { readonly name?: string; readonly match?: Match }; reply: { readonly info?: Changed | null } };
  rm: { properties: Named & Waiting & { readonly nostop?: boolean }; reply: object };
  set: { properties: Named & Waiting & { readonly options: Options }; reply: object };
  signal: {
    properties: Named & {
      readonly signum: number | string;
      readonly pid?: number;
      readonly childpid?: number;
      readonly children?: boolean;
      readonly recursive?: boolean;
    };
    reply: object;
  };
  start: { properties: Waiting & { readonly name?: string; readonly match?: Match }; reply: { readonly info?: Changed | null } };
  stats: {
    properties: { readonly name?: string; readonly process?: number | string; readonly extended?: boolean };
    reply:
      | { readonly infos: Readonly<Record<string, StatsByPid>> }
      | { readonly name: string; readonly info: StatsByPid }
      | { readonly process: number | string; readonly info: ProcessStats | string };
  };
  /** With a name the reply's own `status` carries the watcher's. */
  status: {
    properties: { readonly name?: string };
    reply:
      | { readonly statuses: Readonly<Record<string, WatcherStatus>> }
      /**
       * Added: `stops`, how often it was told to stop, so that who means to start it sees whether another stopped it
       * since; `demise`, why it went down or goes down without having been told to, else null.
       */
      | { readonly status: WatcherStatus; readonly stops?: number; readonly demise?: string | null };
  };
  stop: { properties: Waiting & { readonly name?: string; readonly match?: Match }; reply: { readonly info?: null } };
  /**
   * Added: the last lines that a watcher's processes wrote, those that ended lately too, oldest first. With `after`, a cursor of an
   * earlier reply, what came since; with `wait` the reply is held back for as many seconds, at most
   * {@link MAX_TAIL_WAIT}, until there is something: so one follows. A watcher whose output is not kept is an error that
   * tells how to keep it.
   */
  tail: {
    properties: Named & {
      readonly pid?: number;
      /** Both where it is left out. */
      readonly stream?: OutputStream;
      /** At most this many, the last ones. @default 10 without `after`, else all that is kept */
      readonly lines?: number;
      readonly after?: string;
      readonly wait?: number;
    };
    reply: {
      readonly name: string;
      readonly lines: readonly TailLine[];
      /** For `after` in the next request; opaque. */
      readonly cursor: string;
      /** Bytes that came after the cursor and were pushed out before this reply. */
      readonly missed: number;
    };
  };
}

export type CommandName = keyof Commands;

/** Circus's errno in error replies. */
export const ERRNO = {
  unspecified: 0,
  invalidJson: 1,
  unknownCommand: 2,
  message: 3,
  os: 4,
  conflict: 5,
  asynchronous: 6,
} as const;

export type Errno = (typeof ERRNO)[keyof typeof ERRNO];

/** A refusal that reaches the client as an error reply with this errno. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(
    message: string,
    readonly errno: Errno = ERRNO.message,
  ) {
    super(message);
  }
}

export type OkReply<C extends CommandName> = Commands[C]["reply"] & {
  readonly status: string;
  readonly time: number;
  readonly id: unknown;
};

export interface ErrorReply {
  readonly status: "error";
  readonly reason: string;
  /** Always null: Circus puts Python tracebacks here. */
  readonly tb: null;
  readonly time: number;
  readonly errno: Errno;
  readonly id: unknown;
}

/** A decoded request. `cast` wants no reply at all, not even an error. */
export type Request = {
  readonly [C in CommandName]: {
    readonly command: C;
    readonly properties: Commands[C]["properties"];
    readonly id: unknown;
    readonly cast: boolean;
  };
}[CommandName];
