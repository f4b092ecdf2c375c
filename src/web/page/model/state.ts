/**
 * What the page knows, and how each message of the feed changes it. Pure: time comes with the messages, and everything
 * that did not change keeps its identity, so that only what changed is drawn again.
 */
import { topicName } from "../../../core/topics.js";
import type { FeedEvent, History, ProcessFigures, ServerMessage, SocketState, WatcherFigures, WatcherState } from "../../api.js";
import { readTopic } from "./happenings.js";

/** Points that are kept of a watcher: ten minutes, one a second. */
export const HISTORY_POINTS = 600;

/** Points that are kept of a process or a socket. */
export const SPARK_POINTS = 120;

/** Events that are kept; older ones are gone. */
export const KEPT_EVENTS = 1000;

export interface Process {
  readonly pid: number;
  /** Null until figures of it have come. */
  readonly figures: ProcessFigures | null;
  /** Its processor time in percent, oldest first. */
  readonly cpu: readonly number[];
}

export interface Socket extends SocketState {
  /** Reads of each second, oldest first. */
  readonly history: readonly number[];
}

/** The processes of the watcher that is looked at, by pid. */
export interface Looked {
  readonly name: string;
  readonly processes: ReadonlyMap<number, Process>;
}

export interface DaemonView {
  readonly id: string;
  /** Null until circushttpd has said whether the daemon answers. */
  readonly up: boolean | null;
  /** Why it does not answer. */
  readonly reason: string | null;
  /** False until everything has come once. */
  readonly loaded: boolean;
  /** Whether figures arrive at all. */
  readonly figuresArrive: boolean;
  /** Whether the daemon is a server of a circuit. */
  readonly circuit: boolean;
  readonly watchers: ReadonlyMap<string, WatcherState>;
  readonly figures: ReadonlyMap<string, WatcherFigures>;
  readonly history: ReadonlyMap<string, History>;
  readonly total: History;
  readonly sockets: readonly Socket[];
  /** Oldest first. */
  readonly events: readonly FeedEvent[];
  readonly looked: Looked | null;
}

const NO_HISTORY: History = { time: [], cpu: [], memory: [] };

export function emptyView(id: string): DaemonView {
  return {
    id,
    up: null,
    reason: null,
    loaded: false,
    figuresArrive: true,
    circuit: false,
    watchers: new Map(),
    figures: new Map(),
    history: new Map(),
    total: NO_HISTORY,
    sockets: [],
    events: [],
    looked: null,
  };
}

/** Starts to keep the processes of a watcher, or of none. */
export function lookAt(view: DaemonView, name: string | null): DaemonView {
  if ((view.looked?.name ?? null) === name) return view;
  return { ...view, looked: name === null ? null : { name, processes: new Map() } };
}

/** What the page knows after a message; messages about other daemons, and output, change nothing. */
export function reduce(view: DaemonView, message: ServerMessage): DaemonView {
  if (message.type === "output" || message.type === "problem" || message.daemon !== view.id) return view;
  switch (message.type) {
    case "daemon":
      return { ...view, up: message.up, reason: message.reason };
    case "state":
      return {
        ...view,
        loaded: true,
        figuresArrive: message.figures,
        circuit: message.circuit,
        watchers: new Map(message.watchers.map((watcher) => [watcher.name, watcher])),
        figures: latestOf(message.history),
        history: new Map(Object.entries(message.history)),
        total: totalOf(Object.values(message.history)),
        sockets: message.sockets.map((socket) => ({ ...socket, history: [] })),
        events: message.events.slice(-KEPT_EVENTS),
      };
    case "watcher":
      return { ...view, watchers: new Map(view.watchers).set(message.watcher.name, message.watcher) };
    case "gone":
      return { ...view, watchers: without(view.watchers, message.name), history: without(view.history, message.name) };
    case "event":
      return happened(view, message.event);
    case "figures":
      return withFigures(view, message);
    case "processes":
      return withProcesses(view, message.name, message.processes);
  }
}

/** A death and a birth show at once: circushttpd's word on the watcher follows. */
function happened(view: DaemonView, event: FeedEvent): DaemonView {
  const events = [...view.events.slice(-(KEPT_EVENTS - 1)), event];
  const { watcher: topic, event: kind, pid } = readTopic(event);
  const watcher = pid === null || topic === null ? undefined : [...view.watchers.values()].find((one) => topicName(one.name) === topic);
  if (watcher === undefined || pid === null) return { ...view, events };
  const pids = kind === "reap" ? watcher.pids.filter((one) => one !== pid) : withPid(watcher.pids, kind === "spawn" ? pid : null);
  if (pids === watcher.pids || (kind === "reap" && pids.length === watcher.pids.length)) return { ...view, events };
  return { ...view, events, watchers: new Map(view.watchers).set(watcher.name, { ...watcher, pids }) };
}

function withPid(pids: readonly number[], pid: number | null): readonly number[] {
  return pid === null || pids.includes(pid) ? pids : [...pids, pid];
}

function withFigures(view: DaemonView, message: Extract<ServerMessage, { readonly type: "figures" }>): DaemonView {
  const { time } = message;
  const figures = new Map(Object.entries(message.watchers));
  const history = new Map(view.history);
  for (const [name, point] of figures) history.set(name, append(history.get(name) ?? NO_HISTORY, time, point));
  const known = [...figures.values()];
  const sum = {
    cpu: known.reduce((all, { cpu }) => all + cpu, 0),
    memory: known.reduce((all, { memory }) => all + (memory ?? 0), 0),
  };
  const before = new Map(view.sockets.map((socket) => [socket.fd, socket.history]));
  const sockets = message.sockets.map((socket): Socket => {
    const reads = before.get(socket.fd) ?? [];
    return { ...socket, history: [...reads.slice(-(SPARK_POINTS - 1)), socket.reads ?? 0] };
  });
  return { ...view, figuresArrive: true, figures, history, sockets, total: append(view.total, time, sum) };
}

function append(history: History, time: number, { cpu, memory }: WatcherFigures): History {
  const from = Math.max(0, history.time.length - HISTORY_POINTS + 1);
  return {
    time: [...history.time.slice(from), time],
    cpu: [...history.cpu.slice(from), cpu],
    memory: [...history.memory.slice(from), memory],
  };
}

function withProcesses(view: DaemonView, name: string, figures: readonly ProcessFigures[]): DaemonView {
  if (view.looked?.name !== name) return view;
  const before = view.looked.processes;
  const processes = new Map(
    figures.map((one): [number, Process] => {
      const cpu = before.get(one.pid)?.cpu ?? [];
      return [one.pid, { pid: one.pid, figures: one, cpu: [...cpu.slice(-(SPARK_POINTS - 1)), one.cpu] }];
    }),
  );
  return { ...view, looked: { name, processes } };
}

/** The last figures that a history holds, to show until the next come. */
function latestOf(history: Readonly<Record<string, History>>): ReadonlyMap<string, WatcherFigures> {
  return new Map(
    Object.entries(history).flatMap(([name, { cpu, memory }]): [string, WatcherFigures][] => {
      const last = cpu.at(-1);
      return last === undefined ? [] : [[name, { cpu: last, memory: memory.at(-1) ?? null }]];
    }),
  );
}

/** The sum of all histories, second by second. */
function totalOf(all: readonly History[]): History {
  const sums = new Map<number, { cpu: number; memory: number }>();
  for (const { time, cpu, memory } of all) {
    for (const [at, second] of time.entries()) {
      const key = Math.round(second);
      const sum = sums.get(key) ?? { cpu: 0, memory: 0 };
      sums.set(key, { cpu: sum.cpu + (cpu[at] ?? 0), memory: sum.memory + (memory[at] ?? 0) });
    }
  }
  const points = [...sums].sort(([one], [other]) => one - other).slice(-HISTORY_POINTS);
  return { time: points.map(([time]) => time), cpu: points.map(([, { cpu }]) => cpu), memory: points.map(([, { memory }]) => memory) };
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/** The processes of a watcher in the order of their pids: the pids are circusd's word, figures may lag a second behind. */
export function processesOf(watcher: WatcherState, looked: Looked | null): readonly Process[] {
  const known = looked?.name === watcher.name ? looked.processes : null;
  return watcher.pids.map((pid) => known?.get(pid) ?? { pid, figures: null, cpu: [] });
}
