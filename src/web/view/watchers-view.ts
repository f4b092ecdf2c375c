/**
 * The watchers of a daemon as they were last seen. Events say which to look at again; as events can be lost, some are
 * looked at in turn as well.
 */
import type { CircusClient } from "../../client/call.js";
import { topicName } from "../../core/topics.js";
import type { CircusEvent } from "../../wire/event.js";
import type { ServerMessage, WatcherState } from "../api.js";
import { Deaths } from "./deaths.js";
import { eachOf, lookAtStatuses, lookAtWatcher, type Statuses } from "./look.js";
import { isInternal, WatcherBoard } from "./watcher-board.js";

/** Watchers that are looked at in turn. */
const IN_TURN = 5;

export class WatchersView {
  readonly board = new WatcherBoard();
  readonly #daemon: string;
  readonly #tell: (message: ServerMessage) => void;
  readonly #deaths = new Deaths();
  readonly #stale = new Set<string>();
  #statuses: ReadonlyMap<string, WatcherState["status"]> = new Map();
  #turn = 0;

  constructor(daemon: string, tell: (message: ServerMessage) => void) {
    this.#daemon = daemon;
    this.#tell = tell;
  }

  /** Whether there is something to look at again. */
  get stale(): boolean {
    return this.#stale.size > 0;
  }

  hear(event: CircusEvent): void {
    this.#deaths.hear(event);
    if (event.watcher === null) return;
    const names = this.board.named(event.watcher);
    // A name that nobody knows yet is found by the look at all.
    for (const name of names.length > 0 ? names : [""]) this.#stale.add(name);
  }

  /** Nothing of what is known may be relied on. */
  doubtAll(): void {
    for (const name of this.board.names) this.#stale.add(name);
  }

  /** Looks at all that is stale. @throws CallTimeout where the daemon keeps silent */
  async refresh(client: CircusClient): Promise<void> {
    await this.compare(client);
    const names = [...this.#stale].filter((name) => this.#statuses.has(name));
    this.#stale.clear();
    await eachOf(names, (name) => this.#look(client, name));
  }

  /** Finds who has come, gone or changed its status without being heard of. */
  async compare(client: CircusClient): Promise<void> {
    const statuses: Statuses = await lookAtStatuses(client);
    this.#statuses = new Map(Object.entries(statuses));
    for (const name of this.board.names) if (!this.#statuses.has(name)) this.#forget(name);
    for (const [name, status] of this.#statuses) if (this.board.get(name)?.status !== status) this.#stale.add(name);
  }

  /** Looks at the next few. Where no process is the same, another daemon may be answering whose events were not heard. */
  async lookInTurn(client: CircusClient): Promise<void> {
    const { names } = this.board;
    const from = this.#turn < names.length ? this.#turn : 0;
    this.#turn = from + IN_TURN;
    for (const name of names.slice(from, this.#turn)) {
      const before = this.board.get(name)?.pids ?? [];
      await this.#look(client, name);
      const after = this.board.get(name)?.pids ?? [];
      if (before.length > 0 && after.length > 0 && !before.some((pid) => after.includes(pid))) this.doubtAll();
    }
  }

  async #look(client: CircusClient, name: string): Promise<void> {
    const looked = await lookAtWatcher(client, name);
    const status = this.#statuses.get(name);
    if (looked === null || status === undefined) return this.#forget(name);
    const watcher: WatcherState = { name, status, ...looked, internal: isInternal(name), deaths: this.#deaths.of(topicName(name)) };
    if (this.board.put(watcher)) this.#tell({ type: "watcher", daemon: this.#daemon, watcher });
  }

  #forget(name: string): void {
    if (this.board.remove(name)) this.#tell({ type: "gone", daemon: this.#daemon, name });
  }
}
