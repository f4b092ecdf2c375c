/**
 * What circushttpd and its page say to each other over the WebSocket, and the few answers of the HTTP interface that
 * are not a daemon's. Types alone: the page is compiled for browsers and shares nothing else with the server.
 *
 * Commands go over HTTP: `POST /api/v1/daemons/DAEMON/commands/COMMAND` with the properties of Circus's command as the
 * body; the answer is the daemon's own, errors too.
 */
import type { OutputStream, TailLine, WatcherStatus } from "../wire/contract.js";

/** `read` may look, `admin` may do everything. */
export type Role = "read" | "admin";

/** One of the daemons that circushttpd was given at its start. */
export interface DaemonInfo {
  /** In paths and messages. */
  readonly id: string;
  readonly endpoint: string;
}

/** `GET /api/v1/session`; also the answer to a login. */
export interface SessionInfo {
  /** Null where nobody needs to log in. */
  readonly user: string | null;
  readonly role: Role;
  readonly daemons: readonly DaemonInfo[];
  /** Of circushttpd. */
  readonly version: string;
}

/** `POST /api/v1/session`. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The body of every refusal of circushttpd itself. */
export interface Problem {
  readonly statusCode: number;
  readonly error: string;
  readonly message: string;
}

export interface WatcherState {
  /** As written in the configuration. */
  readonly name: string;
  readonly status: WatcherStatus;
  /** How many are wanted; null until it is known. */
  readonly numprocesses: number | null;
  readonly singleton: boolean;
  readonly pids: readonly number[];
  /** circusd-stats, circushttpd, plugins. */
  readonly internal: boolean;
  /** Processes that died without being told to, since circushttpd looks. */
  readonly deaths: number;
}

export interface SocketState {
  readonly fd: number;
  readonly name: string;
  /** `HOST:PORT` or a path. */
  readonly address: string;
  readonly backlog: number;
  /** In the last second. */
  readonly reads: number | null;
}

export interface FeedEvent {
  /** Rises by one with each event of a daemon. */
  readonly number: number;
  readonly topic: string;
  readonly payload: unknown;
}

/** cpu is the sum in percent of a core, memory the sum of resident bytes; null where it is not known. */
export interface WatcherFigures {
  readonly cpu: number;
  readonly memory: number | null;
}

export interface ProcessFigures {
  readonly pid: number;
  readonly cpu: number;
  readonly memory: number | null;
  /** Seconds. */
  readonly age: number;
  readonly user: string;
  readonly command: string;
}

/** Points of a watcher's last minutes, oldest first, all arrays of one length. */
export interface History {
  /** Seconds since the epoch. */
  readonly time: readonly number[];
  readonly cpu: readonly number[];
  readonly memory: readonly (number | null)[];
}

export type ServerMessage =
  /** Whether the daemon answers; `reason` says why it does not. After `up` a state follows. */
  | { readonly type: "daemon"; readonly daemon: string; readonly up: boolean; readonly reason: string | null }
  /** Everything, once the daemon is opened or has come back. `figures` is false where no figures arrive. */
  | {
      readonly type: "state";
      readonly daemon: string;
      readonly watchers: readonly WatcherState[];
      readonly sockets: readonly SocketState[];
      readonly events: readonly FeedEvent[];
      readonly figures: boolean;
      /** Whether it is a server of a circuit. */
      readonly circuit: boolean;
      readonly history: Readonly<Record<string, History>>;
    }
  /** One watcher, new or changed. */
  | { readonly type: "watcher"; readonly daemon: string; readonly watcher: WatcherState }
  | { readonly type: "gone"; readonly daemon: string; readonly name: string }
  | { readonly type: "event"; readonly daemon: string; readonly event: FeedEvent }
  /** Once a second, by the watcher's name as written. */
  | {
      readonly type: "figures";
      readonly daemon: string;
      readonly time: number;
      readonly watchers: Readonly<Record<string, WatcherFigures>>;
      readonly sockets: readonly SocketState[];
    }
  /** Once a second for the watcher that is looked at. */
  | { readonly type: "processes"; readonly daemon: string; readonly name: string; readonly processes: readonly ProcessFigures[] }
  | { readonly type: "output"; readonly id: number; readonly lines: readonly TailLine[]; readonly missed: number }
  /** A follow that cannot be, in the daemon's words. */
  | { readonly type: "problem"; readonly id: number; readonly message: string };

export type ClientMessage =
  /** Which daemon to tell about; one at a time. */
  | { readonly type: "open"; readonly daemon: string }
  /** Which watcher's processes to tell about; null for none. */
  | { readonly type: "look"; readonly name: string | null }
  /** Sends the last lines, then those that come, under an id that the page chooses. */
  | {
      readonly type: "follow";
      readonly id: number;
      readonly name: string;
      readonly pid?: number;
      readonly stream?: OutputStream;
      readonly lines: number;
    }
  | { readonly type: "unfollow"; readonly id: number };
