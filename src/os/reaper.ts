/**
 * Learns of deaths when they happen: one SIGCHLD listener that reaps the host's own children and orphans, and leaves
 * alone what Node itself has started (a hook may use child_process): libuv waits for its children by their numbers
 * and would miss one that somebody else has reaped.
 */
import type { Exit, Pid } from "../core/ports.js";
import { onChildDeath } from "./child-deaths.js";
import type { Native, WaitStatus } from "./native.js";

export interface Deaths {
  isOurs(pid: Pid): boolean;
  /** Children to be reaped and told about, all of them. */
  ours(): Iterable<Pid>;
  /** Whether that dead child is an orphan of a worker: libuv cannot know it. */
  isOrphan(pid: Pid): boolean;
  /** Whether what nobody else reaps is to be reaped here, as by the process that orphans come to. */
  readonly adopts: boolean;
  /** Children that have ended, ours or not. */
  zombies(): readonly Pid[];
  /** Called for each in a batch, after which `settled` follows. */
  died(pid: Pid, exit: Exit): void;
  /** Some children have gone, though not always some of ours. */
  settled(): void;
}

/**
 * Within so many milliseconds libuv has reaped a child of its own; what is still a zombie then has nobody else. Nobody
 * waits for such a process, so the delay costs nothing.
 */
const STRANGER_GRACE = 250;

export class Reaper {
  readonly #native: Native;
  readonly #deaths: Deaths;
  readonly #unlisten: () => void;
  /** Dead children that may be libuv's, and when they were first seen. */
  readonly #strangers = new Map<Pid, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(native: Native, deaths: Deaths) {
    this.#native = native;
    this.#deaths = deaths;
    this.#unlisten = onChildDeath(() => this.#collect());
  }

  close(): void {
    this.#unlisten();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Reaps all that may be reaped now. */
  #collect(): void {
    for (let pid = this.#native.peekDead(); pid !== null; pid = this.#native.peekDead()) {
      if (this.#deaths.isOurs(pid)) this.#reapOurs(pid);
      else if (this.#deaths.isOrphan(pid)) this.#native.reap(pid);
      else {
        this.#collectPast();
        break;
      }
    }
    this.#deaths.settled();
  }

  /** The kernel shows the same zombie again and again until it is reaped, so those behind it are asked one by one. */
  #collectPast(): void {
    for (const pid of [...this.#deaths.ours()]) this.#reapOurs(pid);
    for (const pid of this.#deaths.zombies()) {
      if (this.#deaths.isOurs(pid) || this.#strangers.has(pid)) continue;
      if (this.#deaths.isOrphan(pid)) this.#native.reap(pid);
      else if (this.#deaths.adopts) this.#strangers.set(pid, performance.now());
    }
    if (this.#deaths.adopts) this.#timer ??= setTimeout(() => this.#reapStrangers(), STRANGER_GRACE).unref();
  }

  #reapStrangers(): void {
    this.#timer = null;
    const due = performance.now() - STRANGER_GRACE + 1;
    for (const [pid, seen] of this.#strangers) {
      if (seen > due) continue;
      this.#strangers.delete(pid);
      // The stranger may have been reaped by its owner, and a worker of ours may have got its number.
      if (!this.#deaths.isOurs(pid)) this.#native.reap(pid);
    }
    this.#collect();
  }

  #reapOurs(pid: Pid): void {
    const status = this.#native.reap(pid);
    if (status !== null) this.#deaths.died(pid, decodeExit(status));
  }
}

/** Reads the status of waitpid(2) of a child that has ended. */
export function decodeExit(status: WaitStatus): Exit {
  const signal = status & 0x7f;
  return signal === 0 ? { kind: "exited", code: (status >> 8) & 0xff } : { kind: "signalled", signal, core: (status & 0x80) !== 0 };
}
