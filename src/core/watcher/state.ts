/** What a watcher is at one moment, and what is asked of it. */
import type { Exit, Millis, Pid, SpawnFailure } from "../ports.js";
import type { ProcessState } from "../process.js";
import type { HookName, Signal, WatcherSpec } from "../spec.js";

/** Names a command until it is answered. */
export type Ticket = number;

/** Names a process from the moment it is asked for, before it has a pid. */
export type Key = number;

/** One process of a watcher. */
export interface Member {
  readonly key: Key;
  /** Its slot: unique among those that are not gone. */
  readonly wid: number;
  readonly state: ProcessState;
  /** How many of its predecessors in a row died young. */
  readonly failures: number;
  /**
   * Asked to stop, so that its place may be filled once it is gone: because another is to replace it, or
   * because it was killed (by hand or for its age), which a watcher without respawn takes as its end.
   */
  readonly doomed: null | "replaced" | "killed";
}

/** A place to fill: from when on, and after how many failures in a row. */
export interface Vacancy {
  readonly failures: number;
  readonly notBefore: Millis;
  readonly cause: "fresh" | "died" | "unstartable";
}

/**
 *     stopped ─start─▶ preparing ─▶ starting ─▶ confirming ─▶ active
 *        ▲            (before_start,           (after_start)     │ stop
 *        │              streams)                                 ▼
 *        └─────────── closing ◀──────────── stopping ◀────── leaving
 *                 (streams, after_stop)                    (before_stop)
 */
export type Phase =
  /** `armed`: an on_demand watcher that waits for activity on its sockets. */
  | { readonly kind: "stopped"; readonly armed: boolean }
  /** `attempt` tells the answer that is waited for from a late one to an attempt that a stop has overtaken. */
  | { readonly kind: "preparing"; readonly attempt: number }
  | { readonly kind: "starting" }
  | { readonly kind: "confirming" }
  | { readonly kind: "active" }
  | { readonly kind: "leaving"; readonly then: AfterStop }
  | { readonly kind: "stopping"; readonly then: AfterStop }
  | { readonly kind: "closing"; readonly then: AfterStop };

/** Where a stop leads: down by a user's wish, down but waiting for activity, or up again. */
export type AfterStop = "stay" | "arm" | "start";

export type Command =
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "restart" }
  | { readonly kind: "reload"; readonly graceful: boolean; readonly sequential: boolean }
  /** Changes numprocesses by that many. */
  | { readonly kind: "resize"; readonly by: number }
  /** A change of the spec as it will be then, and what must follow from it. */
  | { readonly kind: "configure"; readonly change: (spec: WatcherSpec) => WatcherSpec; readonly then: "nothing" | "manage" | "reload" }
  | {
      readonly kind: "kill";
      /** null: all of them. */
      readonly pid: Pid | null;
      readonly signal: Signal;
      readonly timeout: Millis;
      readonly children: boolean;
    }
  /** `nostop` forgets the processes and leaves them running. */
  | { readonly kind: "remove"; readonly nostop: boolean };

/** The command under way. `before` are the pids when it began. */
export type Operation =
  /** `reloads`: it is the reload of a stopped watcher, and published as one. */
  | { readonly kind: "start"; readonly ticket: Ticket; readonly before: readonly Pid[]; readonly reloads: boolean }
  | { readonly kind: "stop"; readonly ticket: Ticket; readonly before: readonly Pid[] }
  | { readonly kind: "restart"; readonly ticket: Ticket; readonly before: readonly Pid[] }
  | {
      readonly kind: "reload";
      readonly ticket: Ticket;
      readonly before: readonly Pid[];
      /** Those to be replaced. */
      readonly old: ReadonlySet<Key>;
      readonly stage: "spawning" | "stopping";
    }
  | {
      readonly kind: "roll";
      readonly ticket: Ticket;
      readonly before: readonly Pid[];
      /** Those that ran when it began. */
      readonly first: ReadonlySet<Key>;
      /** Those still to be replaced, one by one. */
      readonly old: readonly Key[];
    }
  | { readonly kind: "resize"; readonly ticket: Ticket; readonly before: readonly Pid[] }
  | { readonly kind: "remove"; readonly ticket: Ticket; readonly before: readonly Pid[]; readonly nostop: boolean };

/** A kill that waits for its victims; it does not stand in line with the operations. */
export interface Kill {
  readonly ticket: Ticket;
  readonly keys: ReadonlySet<Key>;
}

/** The end of a watcher that nobody asked for. */
export interface Demise {
  /** Of its last process, where that was the end; null where it could not be started or was refused. */
  readonly exit: Exit | null;
  /** `its last process exited with code 3`, `before_start refused the start` */
  readonly reason: string;
}

export interface WatcherState {
  /** With numprocesses as it is now. */
  readonly spec: WatcherSpec;
  readonly phase: Phase;
  /** A user stopped it, or began to: it stays down until a user starts it. */
  readonly heldDown: boolean;
  /** In the order of their birth. */
  readonly members: readonly Member[];
  readonly vacancies: readonly Vacancy[];
  /** Processes that ended and are not replaced (respawn = False, on_demand). */
  readonly retired: number;
  /** How often a start was begun. */
  readonly attempts: number;
  /** When the present or the last run was begun. */
  readonly begun: Millis;
  /** How the latest process ended; null where none has, or a command had killed it. */
  readonly lastExit: Exit | null;
  /** What has brought it down, or is doing so, without a command; null where a command did. */
  readonly demise: Demise | null;
  /** on_demand: how many runs in a row ended young, and from when on the sockets are watched again where that is not at once. */
  readonly shortRuns: number;
  readonly watchFrom: Millis | null;
  /** Starts that failed in a row, of any process. */
  readonly failedStarts: number;
  /** warmup_delay: no spawn before this moment. */
  readonly nextSpawn: Millis;
  /** When the wake-up timer rings, if it is set. */
  readonly wake: Millis | null;
  readonly operation: Operation | null;
  readonly queue: readonly { readonly ticket: Ticket; readonly command: Command }[];
  readonly kills: readonly Kill[];
  readonly nextKey: Key;
  readonly removed: boolean;
}

export type WatcherEvent =
  | { readonly kind: "command"; readonly ticket: Ticket; readonly command: Command }
  /** The answer to `prepare`: before_start's, and whether the streams could be opened. */
  | { readonly kind: "prepared"; readonly attempt: number; readonly outcome: "go" | "declined" }
  | { readonly kind: "prepared"; readonly attempt: number; readonly outcome: "failed"; readonly reason: string }
  /** after_start's answer. */
  | { readonly kind: "confirmed"; readonly attempt: number; readonly ok: boolean }
  /** before_stop is done. */
  | { readonly kind: "left" }
  /** The answer to `close`. */
  | { readonly kind: "closed" }
  /** `ready`: it may be relied on at once; else `ready` or `vetoed` follows. */
  | { readonly kind: "spawned"; readonly key: Key; readonly pid: Pid; readonly ready: boolean }
  | { readonly kind: "failed"; readonly key: Key; readonly failure: SpawnFailure }
  | { readonly kind: "ready"; readonly key: Key }
  /** after_spawn refused the process. */
  | { readonly kind: "vetoed"; readonly key: Key }
  | { readonly kind: "exited"; readonly key: Key; readonly exit: Exit; readonly leftovers: boolean }
  | { readonly kind: "emptied"; readonly key: Key }
  /** The deadline of a process's stop has passed. */
  | { readonly kind: "deadline"; readonly key: Key }
  | { readonly kind: "aged"; readonly key: Key }
  | { readonly kind: "wake" }
  /** A socket of an on_demand watcher has something to accept. */
  | { readonly kind: "activity" };

export interface Changed {
  readonly started: readonly Pid[];
  readonly stopped: readonly Pid[];
  readonly kept: readonly Pid[];
}

export type Answer =
  { readonly ok: true; readonly changed: Changed; readonly numprocesses: number } | { readonly ok: false; readonly reason: string };

export type WatcherEffect =
  /** Run before_start and open the streams; `prepared` answers. */
  | { readonly do: "prepare"; readonly attempt: number }
  | { readonly do: "spawn"; readonly key: Key; readonly wid: number }
  /** Run after_start; `confirmed` answers. */
  | { readonly do: "confirm"; readonly attempt: number }
  /** Run before_stop; `left` answers. */
  | { readonly do: "leave" }
  /**
   * Close the streams (unless released processes go on writing to them), publish `stop`, run after_stop;
   * `closed` answers.
   */
  | { readonly do: "close"; readonly keepOutputs: boolean }
  | { readonly do: "signal"; readonly key: Key; readonly pid: Pid; readonly signal: Signal; readonly children: boolean }
  | { readonly do: "signalTree"; readonly key: Key; readonly pid: Pid; readonly signal: Signal }
  | { readonly do: "killTree"; readonly key: Key; readonly pid: Pid }
  /** The SIGHUP of a reload with send_hup: asks no hooks and publishes nothing. */
  | { readonly do: "hangUp"; readonly key: Key; readonly pid: Pid }
  | { readonly do: "armDeadline"; readonly key: Key; readonly delay: Millis }
  | { readonly do: "disarmDeadline"; readonly key: Key }
  | { readonly do: "armAge"; readonly key: Key; readonly delay: Millis }
  | { readonly do: "disarmAge"; readonly key: Key }
  /** Sets the one wake-up timer of the watcher anew. */
  | { readonly do: "armWake"; readonly delay: Millis }
  | { readonly do: "disarmWake" }
  | { readonly do: "watchSockets" }
  | { readonly do: "unwatchSockets" }
  /** Forget a process that goes on without us. */
  | { readonly do: "release"; readonly key: Key; readonly pid: Pid }
  | { readonly do: "reaped"; readonly key: Key; readonly pid: Pid; readonly exit: Exit }
  | { readonly do: "publish"; readonly event: "start" | "reload" }
  | { readonly do: "log"; readonly level: "info" | "warning" | "error"; readonly message: string }
  | { readonly do: "answer"; readonly ticket: Ticket; readonly answer: Answer }
  /** An essential watcher is down, and no command asked for that. */
  | { readonly do: "over"; readonly demise: Demise }
  | { readonly do: "removed" };

/** The moment of a step, and its share of chance in [0, 1) for what is drawn at random. */
export interface Moment {
  readonly now: Millis;
  readonly chance: number;
}

export interface WatcherStep {
  readonly state: WatcherState;
  readonly effects: readonly WatcherEffect[];
}

/** Hooks whose absence lets a phase be skipped. */
export function hasHook(spec: WatcherSpec, hook: HookName): boolean {
  return spec.hooks[hook] !== undefined;
}

/** A watcher as it is added: stopped. */
export function makeWatcher(spec: WatcherSpec): WatcherState {
  return {
    spec,
    phase: { kind: "stopped", armed: false },
    heldDown: false,
    members: [],
    vacancies: [],
    retired: 0,
    attempts: 0,
    begun: 0,
    lastExit: null,
    demise: null,
    shortRuns: 0,
    watchFrom: null,
    failedStarts: 0,
    nextSpawn: 0,
    wake: null,
    operation: null,
    queue: [],
    kills: [],
    nextKey: 1,
    removed: false,
  };
}
