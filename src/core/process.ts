/**
 * The life of one process, as one table: state × event → new state and effects.
 *
 *     starting ──spawned──▶ started ──ready──▶ ready
 *        │ failed              │ stop            │ stop
 *        ▼                     ▼                 ▼
 *       gone ◀──exited── stopping ──timeout──▶ killing
 *        ▲                     │ exited, others of its tree live
 *        │ emptied             ▼
 *        └──────────────── sweeping ──timeout──▶ purging ──emptied──▶ gone
 *
 * What the process is stands in the state; what is wanted of one that has no pid yet stands in `stop`.
 * A process that is started is up; one that is ready may be relied on: today the second follows at once.
 */
import type { Exit, Millis, Pid, SpawnFailure } from "./ports.js";
import type { Signal } from "./spec.js";

/** How to stop: the signal, the time until SIGKILL, and whether the children get the signal too. */
export interface StopOrder {
  readonly signal: Signal;
  readonly timeout: Millis;
  readonly children: boolean;
}

/** How it ended: `null` exit where it never ran. */
export type Ending = { readonly kind: "exit"; readonly exit: Exit } | { readonly kind: "failure"; readonly failure: SpawnFailure };

export type ProcessState =
  | { readonly kind: "starting"; readonly stop: StopOrder | null }
  | { readonly kind: "started"; readonly pid: Pid; readonly since: Millis }
  | { readonly kind: "ready"; readonly pid: Pid; readonly since: Millis }
  /** `asked` is when it was first told to end. */
  | {
      readonly kind: "stopping";
      readonly pid: Pid;
      readonly since: Millis;
      readonly order: StopOrder;
      readonly asked: Millis;
      readonly due: Millis;
    }
  | { readonly kind: "killing"; readonly pid: Pid; readonly since: Millis }
  | {
      readonly kind: "sweeping";
      readonly pid: Pid;
      readonly since: Millis;
      readonly ending: Ending;
      readonly asked: Millis;
      readonly due: Millis;
    }
  | { readonly kind: "purging"; readonly pid: Pid; readonly since: Millis; readonly ending: Ending }
  | { readonly kind: "gone"; readonly ending: Ending };

export type ProcessEvent =
  | { readonly kind: "spawned"; readonly pid: Pid }
  | { readonly kind: "failed"; readonly failure: SpawnFailure }
  | { readonly kind: "ready" }
  | { readonly kind: "stop"; readonly order: StopOrder }
  /** Whoever is being stopped already has no more than this long. */
  | { readonly kind: "hasten"; readonly timeout: Millis }
  | { readonly kind: "timeout" }
  /** `sweep` is how to end what the leader leaves behind. */
  | { readonly kind: "exited"; readonly exit: Exit; readonly leftovers: boolean; readonly sweep: StopOrder }
  | { readonly kind: "emptied" };

export type ProcessEffect =
  /** To the leader, and to its children when asked; the hooks around signals are the performer's. */
  | { readonly do: "signal"; readonly pid: Pid; readonly signal: Signal; readonly children: boolean }
  /** To the leader's whole tree, without asking hooks. */
  | { readonly do: "signalTree"; readonly pid: Pid; readonly signal: Signal }
  | { readonly do: "killTree"; readonly pid: Pid }
  /** One deadline a process; arming again replaces it. */
  | { readonly do: "armDeadline"; readonly delay: Millis }
  | { readonly do: "disarmDeadline" };

export interface ProcessStep {
  readonly state: ProcessState;
  readonly effects: readonly ProcessEffect[];
}

type StateOf<K> = Extract<ProcessState, { kind: K }>;
type EventOf<K> = Extract<ProcessEvent, { kind: K }>;
type Rule<S, E> = ((state: StateOf<S>, event: EventOf<E>, now: Millis) => ProcessStep) | "ignore" | "bug";
type Table = { readonly [S in ProcessState["kind"]]: { readonly [E in ProcessEvent["kind"]]: Rule<S, E> } };

function to(state: ProcessState, ...effects: ProcessEffect[]): ProcessStep {
  return { state, effects };
}

/** The stop signal goes out; where no time is given, everything is killed at once. Of two deadlines the earlier holds. */
function stopping(
  process: { readonly pid: Pid; readonly since: Millis; readonly asked?: Millis; readonly due?: Millis },
  order: StopOrder,
  now: Millis,
): ProcessStep {
  const { pid, since, asked = now } = process;
  if (order.timeout <= 0) return to({ kind: "killing", pid, since }, { do: "disarmDeadline" }, { do: "killTree", pid });
  const due = Math.min(process.due ?? Infinity, now + order.timeout);
  return to(
    { kind: "stopping", pid, since, order, asked, due },
    { do: "signal", pid, signal: order.signal, children: order.children },
    { do: "armDeadline", delay: due - now },
  );
}

/** The leader of a process that nobody stopped is gone: end what it left, with the usual patience. */
function crashed(state: StateOf<"started"> | StateOf<"ready">, event: EventOf<"exited">, now: Millis): ProcessStep {
  const { pid, since } = state;
  const ending: Ending = { kind: "exit", exit: event.exit };
  if (!event.leftovers) return to({ kind: "gone", ending });
  return to(
    { kind: "sweeping", pid, since, ending, asked: now, due: now + event.sweep.timeout },
    { do: "signalTree", pid, signal: event.sweep.signal },
    { do: "armDeadline", delay: event.sweep.timeout },
  );
}

/** Brings a deadline forward, never back. */
function hastened(state: StateOf<"stopping"> | StateOf<"sweeping">, event: EventOf<"hasten">, now: Millis): ProcessStep {
  const due = now + event.timeout;
  return due < state.due ? to({ ...state, due }, { do: "armDeadline", delay: event.timeout }) : to(state);
}

function purging({ pid, since, ending }: StateOf<"sweeping">): StateOf<"purging"> {
  return { kind: "purging", pid, since, ending };
}

const alive = {
  spawned: "bug",
  failed: "bug",
  stop: (s: StateOf<"started"> | StateOf<"ready">, e: EventOf<"stop">, now: Millis) => stopping(s, e.order, now),
  hasten: "ignore",
  timeout: "ignore",
  exited: crashed,
  emptied: "bug",
} as const;

const TABLE: Table = {
  starting: {
    spawned: (s, e, now) =>
      s.stop === null ? to({ kind: "started", pid: e.pid, since: now }) : stopping({ pid: e.pid, since: now }, s.stop, now),
    failed: (_s, e) => to({ kind: "gone", ending: { kind: "failure", failure: e.failure } }),
    ready: "bug",
    stop: (_s, e) => to({ kind: "starting", stop: e.order }),
    hasten: (s, e) =>
      s.stop !== null && e.timeout < s.stop.timeout ? to({ kind: "starting", stop: { ...s.stop, timeout: e.timeout } }) : to(s),
    timeout: "ignore",
    exited: "bug",
    emptied: "bug",
  },
  started: { ...alive, ready: (s) => to({ ...s, kind: "ready" }) },
  ready: { ...alive, ready: "ignore" },
  stopping: {
    spawned: "bug",
    failed: "bug",
    ready: "ignore",
    // A second order replaces the first: another signal, another deadline.
    stop: (s, e, now) => stopping(s, e.order, now),
    hasten: hastened,
    timeout: (s) => to({ kind: "killing", pid: s.pid, since: s.since }, { do: "killTree", pid: s.pid }),
    exited: (s, e) => {
      const ending: Ending = { kind: "exit", exit: e.exit };
      // The deadline goes on: what the leader left has the rest of its time.
      return e.leftovers
        ? to(
            { kind: "sweeping", pid: s.pid, since: s.since, ending, asked: s.asked, due: s.due },
            { do: "signalTree", pid: s.pid, signal: s.order.signal },
          )
        : to({ kind: "gone", ending }, { do: "disarmDeadline" });
    },
    emptied: "bug",
  },
  killing: {
    spawned: "bug",
    failed: "bug",
    ready: "ignore",
    stop: "ignore",
    hasten: "ignore",
    timeout: "ignore",
    exited: (s, e) => {
      const ending: Ending = { kind: "exit", exit: e.exit };
      return e.leftovers
        ? to({ kind: "purging", pid: s.pid, since: s.since, ending }, { do: "killTree", pid: s.pid })
        : to({ kind: "gone", ending });
    },
    emptied: "bug",
  },
  sweeping: {
    spawned: "bug",
    failed: "bug",
    ready: "ignore",
    stop: (s, e, now) =>
      e.order.timeout <= 0
        ? to(purging(s), { do: "disarmDeadline" }, { do: "killTree", pid: s.pid })
        : to(
            { ...s, due: Math.min(s.due, now + e.order.timeout) },
            { do: "signalTree", pid: s.pid, signal: e.order.signal },
            { do: "armDeadline", delay: Math.min(s.due - now, e.order.timeout) },
          ),
    hasten: hastened,
    timeout: (s) => to(purging(s), { do: "killTree", pid: s.pid }),
    exited: "bug",
    emptied: (s) => to({ kind: "gone", ending: s.ending }, { do: "disarmDeadline" }),
  },
  purging: {
    spawned: "bug",
    failed: "bug",
    ready: "ignore",
    stop: "ignore",
    hasten: "ignore",
    timeout: "ignore",
    exited: "bug",
    emptied: (s) => to({ kind: "gone", ending: s.ending }),
  },
  gone: {
    spawned: "bug",
    failed: "bug",
    ready: "ignore",
    stop: "ignore",
    hasten: "ignore",
    timeout: "ignore",
    exited: "bug",
    emptied: "ignore",
  },
};

/**
 * Decides what an event means to a process.
 * @throws an "internal:" error where the event cannot happen in that state.
 */
export function stepProcess(state: ProcessState, event: ProcessEvent, now: Millis): ProcessStep {
  // The table's type has proved that the rule fits; indexing by two unions loses that.
  const rule = TABLE[state.kind][event.kind] as Rule<ProcessState["kind"], ProcessEvent["kind"]>;
  if (rule === "ignore") return { state, effects: [] };
  if (rule === "bug") throw new Error(`internal: a process that is ${state.kind} was told "${event.kind}"`);
  return rule(state, event, now);
}

/** The pid of a process whose leader lives, else null. */
export function livePid(state: ProcessState): Pid | null {
  switch (state.kind) {
    case "started":
    case "ready":
    case "stopping":
    case "killing":
      return state.pid;
    case "starting":
    case "sweeping":
    case "purging":
    case "gone":
      return null;
  }
}

/** A process that is up or on its way up, and that nobody has asked to stop. */
export function isUp(state: ProcessState): boolean {
  return (state.kind === "starting" && state.stop === null) || state.kind === "started" || state.kind === "ready";
}
