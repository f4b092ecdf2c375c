/**
 * One daemon as the console sees it. While nobody watches, what changed is only noted; it is asked for when somebody
 * comes.
 */
import type { CircusClient } from "../../client/call.js";
import type { Cancel, Clock, Log } from "../../core/ports.js";
import type { CircusEvent } from "../../wire/event.js";
import type { Transport } from "../../wire/transport.js";
import type { DaemonInfo, WatcherState } from "../api.js";
import { Audience, told, type Listener, type Told } from "./audience.js";
import { DaemonLink } from "./daemon-link.js";
import { EventLog } from "./event-log.js";
import { FiguresView } from "./figures-view.js";
import { lookAtSockets, lookForCircuit } from "./look.js";
import type { SocketBoard } from "./socket-board.js";
import { WatchersView } from "./watchers-view.js";

export interface ViewParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes an endpoint of the daemon's host reachable: itself, or the end of a tunnel. */
  readonly reach: (endpoint: string) => Promise<string>;
}

/** Milliseconds between two refreshes, so that a watcher that flaps costs no more than that. */
const REFRESH_PAUSE = 100;

export class DaemonView {
  readonly info: DaemonInfo;
  readonly #parts: ViewParts;
  readonly #audience = new Audience();
  readonly #events = new EventLog();
  readonly #watchers: WatchersView;
  readonly #figures: FiguresView;
  readonly #link: DaemonLink;
  #resting: Cancel | null = null;
  #refreshing = false;
  #circuit = false;

  constructor(info: DaemonInfo, parts: ViewParts) {
    this.info = info;
    this.#parts = parts;
    const { id: daemon, endpoint } = info;
    this.#watchers = new WatchersView(daemon, (message) => this.#audience.tell(message));
    this.#figures = new FiguresView({ daemon, clock: parts.clock, board: this.#watchers.board, audience: this.#audience });
    this.#link = new DaemonLink(
      { ...parts, endpoint },
      {
        found: (client) => this.#load(client),
        look: (client) => this.#check(client),
        lost: (reason) => this.#lost(reason),
        event: (event) => this.#hear(event),
        figure: (frame) => this.#figures.hear(frame),
        wants: (topic) => this.#figures.wants(topic),
        watched: () => this.#audience.size > 0,
      },
    );
  }

  get up(): boolean {
    return this.#link.up;
  }

  get watchers(): readonly WatcherState[] {
    return this.#watchers.board.states;
  }

  get sockets(): SocketBoard {
    return this.#figures.sockets;
  }

  /** The connection, for commands. @throws Error while the daemon does not answer */
  connection(): Promise<CircusClient> {
    return this.#link.connection();
  }

  /** Tells how things stand, then what changes. */
  watch(listener: Listener): Cancel {
    this.#audience.join(listener);
    this.#link.hurry();
    void this.refresh().then(() => this.#audience.greet(listener, this.greeting()));
    return () => this.#audience.leave(listener);
  }

  /** Has the processes of a watcher told with each round of figures. */
  lookAt(name: string): Cancel {
    return this.#audience.lookAt(name);
  }

  /** Asks for everything that is known to have changed. Never rejects. */
  async refresh(): Promise<void> {
    await this.#link.asked;
    if (!this.up || !this.#watchers.stale) return;
    try {
      await this.#watchers.refresh(await this.connection());
    } catch (cause) {
      this.#link.lose(cause);
    }
  }

  /** What somebody who comes now is to be told. */
  greeting(): readonly Told[] {
    const { up, reason } = this.#link;
    const daemon = told({ type: "daemon", daemon: this.info.id, up, reason });
    return up ? [daemon, this.#state()] : [daemon];
  }

  async close(): Promise<void> {
    this.#audience.close();
    this.#resting?.();
    this.#figures.close();
    await this.#link.close();
  }

  /** Everything, after a silence. */
  async #load(client: CircusClient): Promise<void> {
    this.#watchers.doubtAll();
    await this.#watchers.refresh(client);
    this.sockets.list(await lookAtSockets(client));
    this.#circuit = await lookForCircuit(client);
    this.#audience.tellAll([told({ type: "daemon", daemon: this.info.id, up: true, reason: null }), this.#state()]);
  }

  /** What events did not tell. */
  async #check(client: CircusClient): Promise<void> {
    await this.#watchers.compare(client);
    this.sockets.list(await lookAtSockets(client));
    if (this.#audience.size === 0) return;
    await this.#checkCircuit(client);
    await this.#watchers.lookInTurn(client);
    if (this.#watchers.stale) await this.#watchers.refresh(client);
  }

  /** A reload of its configuration may have begun or ended it. */
  async #checkCircuit(client: CircusClient): Promise<void> {
    const before = this.#circuit;
    this.#circuit = await lookForCircuit(client);
    if (this.#circuit !== before) this.#audience.tellAll([this.#state()]);
  }

  #lost(reason: string): void {
    this.#parts.log.warning(`Lost the daemon "${this.info.id}": ${reason}`);
    this.#audience.tell({ type: "daemon", daemon: this.info.id, up: false, reason });
  }

  #hear(event: CircusEvent): void {
    this.#watchers.hear(event);
    this.#audience.tell({ type: "event", daemon: this.info.id, event: this.#events.put(event) });
    this.#refreshSoon();
  }

  /** At once, and then not more often than the pause allows. */
  #refreshSoon(): void {
    if (this.#audience.size === 0 || this.#refreshing || this.#resting !== null || !this.#watchers.stale) return;
    this.#refreshing = true;
    void this.refresh().then(() => {
      this.#refreshing = false;
      this.#resting = this.#parts.clock.after(REFRESH_PAUSE, () => {
        this.#resting = null;
        this.#refreshSoon();
      });
    });
  }

  #state(): Told {
    return told({
      type: "state",
      daemon: this.info.id,
      watchers: this.watchers,
      sockets: this.sockets.all,
      events: this.#events.all(),
      figures: this.#figures.arrive,
      circuit: this.#circuit,
      history: this.#figures.history,
    });
  }
}
