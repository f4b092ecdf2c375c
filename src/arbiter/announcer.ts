/**
 * Tells a service manager such as systemd how the arbiter is: starting, up, reloading, stopping, and a line for people.
 * It speaks only when asked to listen, and whatever becomes of what it says changes nothing here.
 */
import type { Cancel, Clock, Millis, ServiceManager } from "../core/ports.js";
import type { Runner } from "./runner.js";

type Phase = "starting" | "up" | "reloading" | "stopping" | "over";

export interface Announcing {
  readonly manager: ServiceManager;
  readonly clock: Pick<Clock, "after">;
  /** The pid to be watched where it is not the one that the manager started; else null. */
  readonly mainPid: number | null;
  readonly watchers: { all(): readonly Pick<Runner, "spec" | "status" | "pids">[] };
}

/** How old the line for people may be. */
const REFRESH: Millis = 1000;

/** Signs of life never come faster, whatever is asked for. */
const SHORTEST: Millis = 10;

/** As long again may a start, a reload or a stop take, said anew with each refresh: our own limits end what hangs. */
const EXTENSION = String(60 * 1_000_000);

export class Announcer {
  readonly #parts: Announcing;
  #phase: Phase = "starting";
  #reloads = 0;
  #status = "";
  /** What the manager did not take and must still hear. */
  #owed: Readonly<Record<string, string>> = {};
  #refresh: Cancel;
  #watchdog: Cancel = () => undefined;

  constructor(parts: Announcing) {
    this.#parts = parts;
    this.#refresh = parts.clock.after(REFRESH, () => this.#look());
    this.#say(parts.mainPid === null ? {} : { MAINPID: String(parts.mainPid) }, {});
    if (parts.manager.watchdog !== null) this.#keepAlive(Math.max(SHORTEST, parts.manager.watchdog / 2));
  }

  /** Everything that starts by itself is up. */
  ready(): void {
    if (this.#phase === "starting") this.#up();
  }

  /** A reload begins. @returns what tells that it is over */
  reloading(): () => void {
    if (this.#phase !== "up" && this.#phase !== "reloading") return () => undefined;
    this.#reloads += 1;
    this.#enter("reloading", { RELOADING: "1", MONOTONIC_USEC: this.#parts.manager.monotonic() });
    return () => {
      this.#reloads -= 1;
      if (this.#reloads === 0 && this.#phase === "reloading") this.#up();
    };
  }

  stopping(): void {
    if (this.#phase !== "over") this.#enter("stopping", { STOPPING: "1" });
  }

  /** Says nothing any more. */
  end(): void {
    this.#phase = "over";
    this.#refresh();
    this.#watchdog();
  }

  /** More time for a start or a reload is more time for the next sign of life too, with systemd: this one takes that back. */
  #up(): void {
    this.#enter("up", { READY: "1", ...(this.#parts.manager.watchdog === null ? {} : { WATCHDOG: "1" }) });
  }

  #enter(phase: Phase, news: Readonly<Record<string, string>>): void {
    this.#phase = phase;
    this.#owed = {};
    this.#say(news, {});
  }

  #look(): void {
    this.#refresh = this.#parts.clock.after(REFRESH, () => this.#look());
    this.#say({}, this.#phase === "up" ? {} : { EXTEND_TIMEOUT_USEC: EXTENSION });
  }

  /** @param news must arrive; `asides` are said again anyway */
  #say(news: Readonly<Record<string, string>>, asides: Readonly<Record<string, string>>): void {
    const status = this.#describe();
    const due = { ...this.#owed, ...news };
    const all = { ...due, ...asides, ...(status === this.#status ? {} : { STATUS: status }) };
    if (Object.keys(all).length === 0) return;
    const taken = this.#parts.manager.tell(all);
    this.#owed = taken ? {} : due;
    if (taken) this.#status = status;
  }

  #keepAlive(every: Millis): void {
    this.#watchdog = this.#parts.clock.after(every, () => {
      this.#parts.manager.tell({ WATCHDOG: "1" });
      this.#keepAlive(every);
    });
  }

  #describe(): string {
    const watchers = this.#parts.watchers.all();
    const active = watchers.filter(({ status }) => status === "active");
    switch (this.#phase) {
      case "starting": {
        const wanted = watchers.filter(({ spec }) => spec.autostart);
        if (wanted.length === 0) return "Starting";
        return `Starting: ${active.filter(({ spec }) => spec.autostart).length} of ${counted(wanted.length, "watcher")}`;
      }
      case "up":
      case "reloading": {
        const processes = watchers.reduce((sum, { pids }) => sum + pids.length, 0);
        const state = `${counted(active.length, "watcher")} active, ${counted(processes, "process", "processes")}`;
        return this.#phase === "up" ? state : `Reloading: ${state}`;
      }
      case "stopping":
      case "over": {
        const left = watchers.filter(({ status }) => status !== "stopped");
        return left.length === 0 ? "Stopping" : `Stopping: ${counted(left.length, "watcher")} left`;
      }
    }
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
