/**
 * Publishes figures of a daemon's processes and sockets, second by second. Who is there is told by the daemon's events;
 * as events may be lost, its lists are asked for at the start, whenever something does not fit, and now and then.
 */
import { CircusClient } from "../client/call.js";
import { subscribe, type Events } from "../client/listen.js";
import type { Clock, Log, Millis, Pid, ProcessInfo, ProcessUsage, SocketHits } from "../core/ports.js";
import type { ListedSocket } from "../wire/contract.js";
import { encodeStat, STATS_INTERVAL, type SocketReads } from "../wire/stats.js";
import type { EventServer, Transport } from "../wire/transport.js";
import { takeCensus } from "./census.js";
import { framesOf } from "./frames.js";
import { Roster } from "./roster.js";
import { Sleeper } from "./sleeper.js";

export interface StreamerParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  readonly usage: ProcessUsage;
  /** Where the figures go; bound already, and closed by whoever bound it. */
  readonly publisher: EventServer;
  /** The daemon's `endpoint` and `pubsub_endpoint`. */
  readonly endpoint: string;
  readonly pubsub: string;
  /** Whether figures of processes hold those of their children. */
  readonly children: boolean;
  /** Sockets that are counted: the descriptor here by the name of the socket. */
  readonly sockets: ReadonlyMap<string, number>;
  readonly hits: SocketHits;
  /** This process; null where circusd is on another host. */
  readonly pid: Pid | null;
}

/** Who was looked for in a round; more may have come to be known meanwhile. */
interface Asked {
  readonly watchers: ReadonlyMap<string, ReadonlySet<Pid>>;
  readonly daemon: Pid | null;
}

/** Circus's names; neither is among the watchers that are published. */
const STATS = "circusd-stats";
const WEB = "circushttpd";
const DAEMON = "circusd";

const INTERVAL = STATS_INTERVAL * 1000;
/** Milliseconds between two lists at least, and at most. */
const LISTS_APART: Millis = 2000;
const LISTS_EVERY: Millis = 30_000;
/** Looks in a row without a process after which its end is believed though no event tells it. */
const VANISHED = 2;

export class Streamer {
  readonly #parts: StreamerParts;
  readonly #roster = new Roster();
  readonly #beat: Sleeper;
  readonly #pause: Sleeper;
  readonly #rest: Sleeper;
  /** How often in a row a process of the roster was not to be found. */
  readonly #missing = new Map<Pid, number>();
  #events: Events | null = null;
  #client: CircusClient;
  #work: Promise<unknown> = Promise.resolve();
  /** The daemon's pid; null until it has told it, and again when it may be another. */
  #daemon: Pid | null = null;
  #sockets: readonly ListedSocket[] = [];
  /** Whether something did not fit since the last list was asked for. */
  #doubtful = false;
  #away = false;
  #closed = false;
  /** What went wrong in the last round, so that it is told once. */
  #trouble: string | null = null;

  constructor(parts: StreamerParts) {
    this.#parts = parts;
    this.#beat = new Sleeper(parts.clock);
    this.#pause = new Sleeper(parts.clock);
    this.#rest = new Sleeper(parts.clock);
    this.#client = this.#connect();
  }

  /** Begins to publish; goes on through everything until it is closed. */
  start(): void {
    const { transport, pubsub } = this.#parts;
    this.#events = subscribe({ transport, endpoint: pubsub, topics: ["watcher."] });
    this.#work = Promise.all([this.#listen(this.#events), this.#list(), this.#publish()]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#events?.close();
    for (const sleeper of [this.#beat, this.#pause, this.#rest]) sleeper.wake();
    await this.#client.close();
    await this.#work;
  }

  async #listen(events: Events): Promise<void> {
    for await (const event of events) if (this.#roster.apply(event)) this.#doubt();
  }

  /** Something does not fit: the lists will tell. */
  #doubt(): void {
    this.#doubtful = true;
    this.#rest.wake();
  }

  async #list(): Promise<void> {
    while (!this.#closed) {
      // A first list may lack what happened before events came: it is followed by another.
      this.#doubtful = this.#daemon === null;
      try {
        this.#roster.beginListing();
        const { lists, daemon, sockets } = await takeCensus(this.#client, this.#daemon);
        this.#roster.endListing(lists);
        this.#sockets = sockets;
        this.#meet(daemon);
      } catch (cause) {
        if (this.#closed) return;
        await this.#lose(cause);
        continue;
      }
      await this.#pause.sleep(LISTS_APART);
      if (!this.#doubtful && !this.#closed) await this.#rest.sleep(LISTS_EVERY - LISTS_APART);
    }
  }

  #meet(daemon: Pid | null): void {
    this.#daemon = daemon;
    if (this.#away) this.#parts.log.info("circusd answers again");
    this.#away = false;
  }

  /** What an unanswered client has sent would reach the next daemon all at once: a new one asks again. */
  async #lose(cause: unknown): Promise<void> {
    if (!this.#away) this.#parts.log.warning(`${textOf(cause)}. Waiting for circusd`);
    this.#away = true;
    this.#daemon = null;
    await this.#client.close();
    if (!this.#closed) this.#client = this.#connect();
  }

  #connect(): CircusClient {
    const { transport, endpoint, clock } = this.#parts;
    return new CircusClient({ transport, endpoint, timer: clock });
  }

  async #publish(): Promise<void> {
    const { clock } = this.#parts;
    for (let due = clock.now(); !this.#closed;) {
      try {
        await this.#round();
        this.#trouble = null;
      } catch (cause) {
        this.#tell(`Cannot look at the processes: ${textOf(cause)}`);
      }
      // After a slow round the next whole second is waited for, so that rounds never overlap or pile up.
      const late = clock.now() - due;
      due += INTERVAL * (Math.floor(late / INTERVAL) + 1);
      if (!this.#closed) await this.#beat.sleep(due - clock.now());
    }
  }

  async #round(): Promise<void> {
    const { usage, clock, publisher, children } = this.#parts;
    const watchers = new Map([...this.#roster.watchers].filter(([name]) => name !== STATS && name !== WEB));
    const own = this.#ownProcesses();
    const daemon = this.#daemon;
    const pids = [...[...watchers.values()].flatMap((all) => [...all]), ...own.keys()];
    const infos = await usage.look([...new Set(pids)], children);
    if (this.#closed) return;
    const look = { now: clock.epoch(), infos, watchers, own, sockets: this.#reads() };
    for (const frame of framesOf(look)) {
      const { topic, body } = encodeStat(frame);
      publisher.publish(topic, body);
    }
    this.#judge(infos, { watchers, daemon });
  }

  #ownProcesses(): ReadonlyMap<Pid, string> {
    const web = [...(this.#roster.watchers.get(WEB) ?? [])].map((pid) => [pid, WEB] as const);
    const daemon = this.#daemon === null ? [] : [[this.#daemon, DAEMON] as const];
    const stats = this.#parts.pid === null ? [] : [[this.#parts.pid, STATS] as const];
    return new Map([...stats, ...daemon, ...web]);
  }

  /** The descriptor that is published is the daemon's own, as in Circus. */
  #reads(): readonly SocketReads[] {
    const { sockets, hits } = this.#parts;
    const counts = hits.take();
    return this.#sockets.flatMap((socket) => {
      const reads = counts.get(sockets.get(socket.name) ?? -1);
      if (reads === undefined) return [];
      return [{ fd: socket.fd, subtopic: socket.fd, reads, address: addressOf(socket) }];
    });
  }

  /** Draws conclusions from who was not to be found. */
  #judge(infos: ReadonlyMap<Pid, ProcessInfo>, { watchers, daemon: asked }: Asked): void {
    const before = new Map(this.#missing);
    this.#missing.clear();
    for (const [watcher, pids] of watchers) {
      for (const pid of pids) if (!infos.has(pid)) this.#vanish(watcher, pid, (before.get(pid) ?? 0) + 1);
    }
    if (asked !== null && asked === this.#daemon && !infos.has(asked)) {
      this.#daemon = null;
      this.#doubt();
    }
  }

  #vanish(watcher: string, pid: Pid, times: number): void {
    if (times < VANISHED) return void this.#missing.set(pid, times);
    this.#roster.drop(watcher, pid);
    this.#doubt();
  }

  #tell(trouble: string): void {
    if (trouble !== this.#trouble) this.#parts.log.error(trouble);
    this.#trouble = trouble;
  }
}

/** As Circus writes it. */
function addressOf({ host, port, path }: ListedSocket): string {
  return path ?? `${host ?? ""}:${port ?? ""}`;
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
