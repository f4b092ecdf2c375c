/**
 * One daemon as the console sees it: kept current by its events and its figures, and looked at again from time to time,
 * as events can be lost. While nobody watches, what changed is only noted; it is asked for when somebody comes.
 */
import { CircusClient } from "../../client/call.js";
import { CallTimeout } from "../../client/errors.js";
import { subscribeFigures, type Figures } from "../../client/figures.js";
import { subscribe, type Events } from "../../client/listen.js";
import { findPublishers } from "../../client/publishers.js";
import type { Cancel, Clock, Log, Millis } from "../../core/ports.js";
import { topicName } from "../../core/topics.js";
import type { CircusEvent } from "../../wire/event.js";
import { OWN_PROCESSES } from "../../wire/stats.js";
import type { Transport } from "../../wire/transport.js";
import type { DaemonInfo, History, ServerMessage, SocketState, WatcherFigures, WatcherState } from "../api.js";
import { Deaths } from "./deaths.js";
import { EventLog } from "./event-log.js";
import { FiguresRound } from "./figures-round.js";
import { LONGEST_HISTORY, WatcherHistory } from "./history.js";
import { ANSWER_TIME, eachOf, lookAtSockets, lookAtStatuses, lookAtWatcher, type Statuses } from "./look.js";
import { SocketBoard } from "./socket-board.js";
import { isInternal, WatcherBoard } from "./watcher-board.js";

export interface ViewParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes an endpoint of the daemon's host reachable: itself, or the end of a tunnel. */
  readonly reach: (endpoint: string) => Promise<string>;
}

/** A message for pages, written once for all of them. */
export interface Told {
  readonly type: ServerMessage["type"];
  /** The watcher that `processes` are of. */
  readonly name: string | null;
  readonly text: string;
}

export type Listener = (told: Told) => void;

/** Milliseconds between two looks at the daemon: while somebody watches, while nobody does, while it is silent. */
const WATCHED_PAUSE = 2_000;
const UNWATCHED_PAUSE = 10_000;
const SILENT_PAUSE = 1_000;

/** Milliseconds between two refreshes, so that a watcher that flaps costs no more than that. */
const REFRESH_PAUSE = 100;

/** Milliseconds after the first figure of a round within which the others come. */
const ROUND_TIME = 200;

/** Milliseconds without figures after which there are none. */
const FIGURES_GONE = 5_000;

/** Watchers that are looked at again with each look at the daemon, in turn. */
const IN_TURN = 5;

/** Points of all watchers together in one state. */
const MOST_POINTS = 60_000;
const FEWEST_POINTS = 60;

export class DaemonView {
  readonly info: DaemonInfo;
  readonly #parts: ViewParts;
  readonly #board = new WatcherBoard();
  readonly #sockets = new SocketBoard();
  readonly #events = new EventLog();
  readonly #deaths = new Deaths();
  readonly #histories = new Map<string, WatcherHistory>();
  readonly #round = new FiguresRound();
  readonly #listeners = new Map<Listener, { greeted: boolean }>();
  /** How many look at the processes of a watcher, by the name that topics carry. */
  readonly #looked = new Map<string, number>();
  readonly #dirty = new Set<string>();
  #statuses: ReadonlyMap<string, WatcherState["status"]> = new Map();
  #turn = 0;
  #up = false;
  #reason: string | null = null;
  #client: CircusClient | null = null;
  #eventSource: { readonly endpoint: string; readonly source: Events } | null = null;
  #figureSource: { readonly endpoint: string; readonly source: Figures } | null = null;
  #lastRound: Millis | null = null;
  #closed = false;
  #wake: (() => void) | null = null;
  #refreshing: Promise<void> | null = null;
  #cancelRefresh: Cancel | null = null;
  #cancelRound: Cancel | null = null;
  readonly #running: Promise<void>;
  readonly #asked: Promise<void>;

  constructor(info: DaemonInfo, parts: ViewParts) {
    this.info = info;
    this.#parts = parts;
    this.#asked = this.#beat();
    this.#running = this.#asked.then(() => this.#live());
  }

  get up(): boolean {
    return this.#up;
  }

  get watchers(): readonly WatcherState[] {
    return this.#board.states;
  }

  get sockets(): SocketBoard {
    return this.#sockets;
  }

  /** The connection, for commands. @throws Error where the daemon does not answer, so that no command waits for its return */
  async connection(): Promise<CircusClient> {
    await this.#asked;
    if (!this.#up) throw new Error(this.#reason ?? "The daemon does not answer");
    return this.#connect();
  }

  /** Tells everything, then what changes. */
  watch(listener: Listener): Cancel {
    const entry = { greeted: false };
    this.#listeners.set(listener, entry);
    this.#wake?.();
    void this.#greet(listener, entry);
    return () => this.#listeners.delete(listener);
  }

  /** Has the processes of a watcher told with each round of figures. */
  lookAt(name: string): Cancel {
    const topic = topicName(name);
    this.#looked.set(topic, (this.#looked.get(topic) ?? 0) + 1);
    let looking = true;
    return () => {
      if (!looking) return;
      looking = false;
      const left = (this.#looked.get(topic) ?? 0) - 1;
      if (left > 0) this.#looked.set(topic, left);
      else this.#looked.delete(topic);
    };
  }

  /** Asks for everything that is known to have changed. Never rejects. */
  async refresh(): Promise<void> {
    await this.#asked;
    if (this.#up && this.#dirty.size > 0) await this.#refreshNow().catch((cause: unknown) => this.#lose(cause));
  }

  /** What somebody who comes now is to be told. */
  greeting(): readonly Told[] {
    const daemon = told({ type: "daemon", daemon: this.info.id, up: this.#up, reason: this.#reason });
    return this.#up ? [daemon, told(this.#state())] : [daemon];
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#cancelRefresh?.();
    this.#cancelRound?.();
    this.#eventSource?.source.close();
    this.#figureSource?.source.close();
    this.#wake?.();
    await this.#client?.close();
    await this.#running;
  }

  async #live(): Promise<void> {
    while (!this.#closed) {
      await this.#pause(this.#up ? (this.#listeners.size > 0 ? WATCHED_PAUSE : UNWATCHED_PAUSE) : SILENT_PAUSE);
      if (!this.#closed) await this.#beat();
    }
  }

  async #beat(): Promise<void> {
    try {
      const client = await this.#connect();
      await this.#subscribe(client);
      await (this.#up ? this.#check(client) : this.#load(client));
    } catch (cause) {
      if (!this.#closed) this.#lose(cause);
    }
  }

  /** Ends early where somebody comes to watch. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(milliseconds, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  async #connect(): Promise<CircusClient> {
    const { transport, clock, reach } = this.#parts;
    const endpoint = await reach(this.info.endpoint);
    if (this.#client?.endpoint === endpoint) return this.#client;
    const former = this.#client;
    const client = new CircusClient({ transport, endpoint, timer: clock });
    this.#client = client;
    await former?.close();
    return client;
  }

  async #subscribe(client: CircusClient): Promise<void> {
    const { transport, reach } = this.#parts;
    const { events, figures } = await findPublishers(client, { timeout: ANSWER_TIME }, this.info.endpoint);
    if (this.#eventSource?.endpoint !== events) {
      this.#eventSource?.source.close();
      this.#eventSource = events === null ? null : { endpoint: events, source: subscribe({ transport, endpoint: await reach(events) }) };
      if (this.#eventSource !== null) void this.#hearEvents(this.#eventSource.source);
    }
    if (this.#figureSource?.endpoint === figures) return;
    this.#figureSource?.source.close();
    const wants = (topic: string): boolean => this.#wants(topic);
    this.#figureSource =
      figures === null ? null : { endpoint: figures, source: subscribeFigures({ transport, endpoint: await reach(figures), wants }) };
    if (this.#figureSource !== null) void this.#hearFigures(this.#figureSource.source);
  }

  /** Everything, after a silence. */
  async #load(client: CircusClient): Promise<void> {
    for (const name of this.#board.names) this.#dirty.add(name);
    await this.#refreshNow();
    this.#sockets.list(await lookAtSockets(client));
    this.#up = true;
    this.#reason = null;
    for (const message of this.greeting()) this.#tell(message);
  }

  /** Whether it still answers, and what events did not tell. */
  async #check(client: CircusClient): Promise<void> {
    this.#note(await lookAtStatuses(client));
    if (this.#listeners.size === 0) return;
    this.#sockets.list(await lookAtSockets(client));
    for (const name of this.#inTurn()) {
      const before = this.#board.get(name);
      await this.#refreshOne(client, name);
      const after = this.#board.get(name);
      // None of the processes is the same: it may be another daemon that answers, whose events were not heard.
      const strange = before !== null && after !== null && before.pids.length > 0 && !before.pids.some((pid) => after.pids.includes(pid));
      if (strange) for (const other of this.#board.names) this.#dirty.add(other);
    }
    if (this.#dirty.size > 0) await this.#refreshNow();
  }

  #inTurn(): readonly string[] {
    const { names } = this.#board;
    const from = this.#turn < names.length ? this.#turn : 0;
    this.#turn = from + IN_TURN;
    return names.slice(from, this.#turn);
  }

  #note(statuses: Statuses): void {
    this.#statuses = new Map(Object.entries(statuses));
    for (const name of this.#board.names) if (!this.#statuses.has(name)) this.#forget(name);
    for (const [name, status] of this.#statuses) if (this.#board.get(name)?.status !== status) this.#dirty.add(name);
  }

  #lose(cause: unknown): void {
    const reason = cause instanceof CallTimeout ? `No answer from "${this.info.endpoint}" within ${ANSWER_TIME} s` : messageOf(cause);
    const news = this.#up || this.#reason !== reason;
    this.#up = false;
    this.#reason = reason;
    // A command that still waits in the connection must not be carried out when the daemon comes back.
    const client = this.#client;
    this.#client = null;
    void client?.close();
    if (!news) return;
    this.#parts.log.warning(`Lost the daemon "${this.info.id}": ${reason}`);
    this.#tell(told({ type: "daemon", daemon: this.info.id, up: false, reason }));
  }

  async #hearEvents(events: Events): Promise<void> {
    for await (const event of events) this.#hear(event);
  }

  #hear(event: CircusEvent): void {
    const kept = this.#events.put(event);
    this.#deaths.hear(event);
    this.#tell(told({ type: "event", daemon: this.info.id, event: kept }));
    if (event.watcher === null) return;
    const names = this.#board.named(event.watcher);
    // A name that nobody knows yet is found by the look at all.
    for (const name of names.length > 0 ? names : [""]) this.#dirty.add(name);
    this.#scheduleRefresh();
  }

  #scheduleRefresh(): void {
    if (this.#listeners.size === 0 || !this.#up || this.#cancelRefresh !== null || this.#refreshing !== null) return;
    this.#refreshing = this.#refreshNow()
      .catch((cause: unknown) => this.#lose(cause))
      .finally(() => {
        this.#refreshing = null;
        if (this.#closed) return;
        this.#cancelRefresh = this.#parts.clock.after(REFRESH_PAUSE, () => {
          this.#cancelRefresh = null;
          if (this.#dirty.size > 0) this.#scheduleRefresh();
        });
      });
  }

  async #refreshNow(): Promise<void> {
    const client = await this.#connect();
    this.#note(await lookAtStatuses(client));
    const dirty = [...this.#dirty].filter((name) => this.#statuses.has(name));
    this.#dirty.clear();
    await eachOf(dirty, (name) => this.#refreshOne(client, name));
  }

  async #refreshOne(client: CircusClient, name: string): Promise<void> {
    const looked = await lookAtWatcher(client, name);
    const status = this.#statuses.get(name);
    if (looked === null || status === undefined) return this.#forget(name);
    const state: WatcherState = { name, status, ...looked, internal: isInternal(name), deaths: this.#deaths.of(topicName(name)) };
    if (this.#board.put(state)) this.#tell(told({ type: "watcher", daemon: this.info.id, watcher: state }));
  }

  #forget(name: string): void {
    if (this.#board.get(name) === null) return;
    this.#board.remove(name);
    this.#histories.delete(name);
    this.#tell(told({ type: "gone", daemon: this.info.id, name }));
  }

  /** The figures of a process are decoded only where somebody looks at its watcher. */
  #wants(topic: string): boolean {
    const name = topic.slice("stat.".length);
    if (this.#board.named(name).length > 0 || name === "sockets" || name.startsWith("sockets.")) return true;
    const owner = name.replace(/\.\d+$/, "");
    return owner === OWN_PROCESSES || this.#looked.has(owner);
  }

  async #hearFigures(figures: Figures): Promise<void> {
    for await (const frame of figures) {
      this.#round.put(frame);
      if (frame.kind === "socket") this.#sockets.count(frame.stats);
      this.#cancelRound ??= this.#parts.clock.after(ROUND_TIME, () => {
        this.#cancelRound = null;
        this.#endRound();
      });
    }
  }

  #endRound(): void {
    const { watchers, processes, reads } = this.#round.take();
    this.#lastRound = this.#parts.clock.now();
    this.#sockets.see(reads);
    const time = this.#parts.clock.epoch();
    const byName: Record<string, WatcherFigures> = {};
    for (const [topic, figures] of watchers) {
      for (const name of this.#board.named(topic)) {
        byName[name] = figures;
        const history = this.#histories.get(name) ?? new WatcherHistory();
        history.put(time, figures);
        this.#histories.set(name, history);
      }
    }
    if (this.#listeners.size === 0) return;
    this.#tell(told({ type: "figures", daemon: this.info.id, time, watchers: byName, sockets: this.#sockets.all }));
    for (const topic of this.#looked.keys()) {
      for (const name of this.#board.named(topic)) {
        const message: ServerMessage = { type: "processes", daemon: this.info.id, name, processes: processes.get(topic) ?? [] };
        this.#tell({ ...told(message), name });
      }
    }
  }

  async #greet(listener: Listener, entry: { greeted: boolean }): Promise<void> {
    await this.refresh();
    if (this.#listeners.get(listener) !== entry || entry.greeted) return;
    entry.greeted = true;
    for (const message of this.greeting()) listener(message);
  }

  #tell(message: Told): void {
    for (const [listener, { greeted }] of this.#listeners) if (greeted) listener(message);
  }

  #state(): ServerMessage {
    const points = Math.max(FEWEST_POINTS, Math.min(LONGEST_HISTORY, Math.floor(MOST_POINTS / Math.max(1, this.#histories.size))));
    const history: Record<string, History> = Object.fromEntries([...this.#histories].map(([name, one]) => [name, one.last(points)]));
    const sockets: readonly SocketState[] = this.#sockets.all;
    const { states } = this.#board;
    const figures = this.#lastRound !== null && this.#parts.clock.now() - this.#lastRound < FIGURES_GONE;
    return {
      type: "state",
      daemon: this.info.id,
      watchers: states,
      sockets,
      events: this.#events.all(),
      figures: this.#figuresCome,
      history,
    };
  }
}

function told(message: ServerMessage): Told {
  return { type: message.type, name: null, text: JSON.stringify(message) };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
