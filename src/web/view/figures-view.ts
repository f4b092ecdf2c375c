/** The figures of a daemon: the round that comes in, and what is kept of those before. */
import type { Cancel, Clock, Millis } from "../../core/ports.js";
import { OWN_PROCESSES, type StatFrame } from "../../wire/stats.js";
import type { History, WatcherFigures } from "../api.js";
import type { Audience } from "./audience.js";
import { FiguresRound } from "./figures-round.js";
import { LONGEST_HISTORY, WatcherHistory } from "./history.js";
import { SocketBoard } from "./socket-board.js";
import type { WatcherBoard } from "./watcher-board.js";

/** Milliseconds after the first figure of a round within which the others come. */
const ROUND_TIME = 200;

/** Milliseconds without figures after which there are none. */
const GONE = 5_000;

/** Points of all watchers together that a page is told at once. */
const MOST_POINTS = 60_000;
const FEWEST_POINTS = 60;

export interface FiguresParts {
  readonly daemon: string;
  readonly clock: Clock;
  readonly board: WatcherBoard;
  readonly audience: Audience;
}

export class FiguresView {
  readonly sockets = new SocketBoard();
  readonly #parts: FiguresParts;
  readonly #histories = new Map<string, WatcherHistory>();
  readonly #round = new FiguresRound();
  #last: Millis | null = null;
  #cancelRound: Cancel | null = null;

  constructor(parts: FiguresParts) {
    this.#parts = parts;
  }

  /** Whether figures arrive. */
  get arrive(): boolean {
    return this.#last !== null && this.#parts.clock.now() - this.#last < GONE;
  }

  /** Points by the name of the watcher; fewer of each where there are many watchers. */
  get history(): Readonly<Record<string, History>> {
    const each = Math.floor(MOST_POINTS / Math.max(1, this.#histories.size));
    const points = Math.max(FEWEST_POINTS, Math.min(LONGEST_HISTORY, each));
    return Object.fromEntries([...this.#histories].map(([name, one]) => [name, one.last(points)]));
  }

  /** Whether a message is worth decoding: those of single processes are only where somebody looks at their watcher. */
  wants(topic: string): boolean {
    const { board, audience } = this.#parts;
    const name = topic.slice("stat.".length);
    if (board.named(name).length > 0 || name === "sockets" || name.startsWith("sockets.")) return true;
    const owner = name.replace(/\.\d+$/, "");
    return owner === OWN_PROCESSES || audience.looksAt(owner);
  }

  hear(frame: StatFrame): void {
    this.#round.put(frame);
    if (frame.kind === "socket") this.sockets.count(frame.stats);
    this.#cancelRound ??= this.#parts.clock.after(ROUND_TIME, () => {
      this.#cancelRound = null;
      this.#end();
    });
  }

  close(): void {
    this.#cancelRound?.();
  }

  #end(): void {
    const { daemon, clock, board, audience } = this.#parts;
    const { watchers, processes, reads } = this.#round.take();
    this.#last = clock.now();
    this.sockets.see(reads);
    const time = clock.epoch();
    const byName = new Map<string, WatcherFigures>();
    for (const name of this.#histories.keys()) if (board.get(name) === null) this.#histories.delete(name);
    for (const [topic, figures] of watchers) {
      for (const name of board.named(topic)) {
        byName.set(name, figures);
        this.#remember(name, time, figures);
      }
    }
    audience.tell({ type: "figures", daemon, time, watchers: Object.fromEntries(byName), sockets: this.sockets.all });
    for (const topic of audience.looked) {
      for (const name of board.named(topic)) audience.tell({ type: "processes", daemon, name, processes: processes.get(topic) ?? [] });
    }
  }

  #remember(name: string, time: number, figures: WatcherFigures): void {
    const history = this.#histories.get(name) ?? new WatcherHistory();
    history.put(time, figures);
    this.#histories.set(name, history);
  }
}
