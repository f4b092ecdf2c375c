/**
 * Watches a few other servers by a link to each: serf sees agents die, and this sees servers die or hang whose agents live. Every
 * server watches the next ones in the order of names, so that each is watched by as many, however large the circuit is.
 */
import type { Member, WorkerId } from "../../core/circuit/member.js";
import type { Cancel, Clock, Millis } from "../../core/ports.js";
import type { Result } from "../../core/result.js";
import type { Conversation } from "../../circuit/conversation.js";

export interface VigilParts {
  readonly clock: Clock;
  readonly reach: (member: Member, timeout: Millis) => Promise<Result<Conversation, string>>;
  readonly hold: (workers: readonly WorkerId[]) => void;
  /** As it is now, doubted or not; null for one that has gone. */
  readonly current: (worker: WorkerId) => Member | null;
  readonly isDoubted: (worker: WorkerId) => boolean;
  /** It cannot be reached; or it can again, and is to say so itself. */
  readonly doubt: (member: Member) => void;
}

/** Others that each server watches. */
const WATCHED = 2;
/** With those that cannot be reached any more. */
const MOST_WATCHED = 8;
/** For an attempt to reach one whose link has ended, and how many of them there are. */
const QUICK: Millis = 700;
const ATTEMPTS = 2;
const BETWEEN: Millis = 150;
/** By which an attempt may outlast its time; one that does is made again, so many times. */
const LATE: Millis = 200;
const MOST_EXCUSES = 4;
/** Before it is said again that one cannot be reached, at first and at last; newcomers have not heard it. */
const AGAIN: Millis = 5000;
const LONGEST: Millis = 60_000;
/** One that says good-bye, or is very new, has so long to go, or to come. */
const PATIENCE: Millis = 2000;

export class Vigil {
  readonly #parts: VigilParts;
  readonly #guards = new Map<WorkerId, Guard>();
  #cancel: Cancel | null = null;
  #closed = false;

  constructor(parts: VigilParts) {
    this.#parts = parts;
  }

  /** Those that there are have changed; what this means is seen to in a moment, once for a burst. */
  follow(own: WorkerId, standing: () => readonly Member[]): void {
    if (this.#closed) return;
    this.#cancel ??= this.#parts.clock.after(BETWEEN, () => {
      this.#cancel = null;
      const workers = standing().map(({ worker }) => worker);
      this.#settle(nextOf(own, workers, this.#parts.isDoubted));
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    for (const guard of this.#guards.values()) guard.close();
  }

  #settle(workers: readonly WorkerId[]): void {
    for (const [worker, guard] of this.#guards) {
      if (workers.includes(worker)) continue;
      guard.close();
      this.#guards.delete(worker);
    }
    this.#parts.hold(workers);
    for (const worker of workers) if (!this.#guards.has(worker)) this.#guards.set(worker, new Guard(worker, this.#parts));
  }
}

/** The next ones in the order of names, round the end: so many that can be reached, and those between them that cannot. */
function nextOf(own: WorkerId, others: readonly WorkerId[], isDoubted: (worker: WorkerId) => boolean): readonly WorkerId[] {
  const sorted = [...others].sort();
  const round = [...sorted.filter((worker) => worker > own), ...sorted.filter((worker) => worker < own)].slice(0, MOST_WATCHED);
  const sound = round.filter((worker) => !isDoubted(worker));
  const last = sound[WATCHED - 1];
  return last === undefined ? round : round.slice(0, round.indexOf(last) + 1);
}

class Guard {
  readonly #worker: WorkerId;
  readonly #parts: VigilParts;
  #closed = false;
  #cancel: Cancel = () => undefined;
  #wake = (): void => undefined;

  constructor(worker: WorkerId, parts: VigilParts) {
    this.#worker = worker;
    this.#parts = parts;
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#wake();
  }

  async #run(): Promise<void> {
    let timeout = PATIENCE;
    let pause = AGAIN;
    while (!this.#closed) {
      const conversation = await this.#reach(timeout);
      const member = this.#parts.current(this.#worker);
      if (this.#closed || member === null) return;
      if (conversation === null) {
        this.#parts.doubt(member);
        await this.#pause(pause);
        pause = Math.min(LONGEST, pause * 2);
        continue;
      }
      if (this.#parts.isDoubted(this.#worker)) this.#parts.doubt(member);
      else pause = AGAIN;
      const end = await conversation.ended;
      if (end.kind === "bye" || end.kind === "closed") await this.#pause(PATIENCE);
      timeout = QUICK;
    }
  }

  async #reach(timeout: Millis): Promise<Conversation | null> {
    const { clock } = this.#parts;
    let excuses = MOST_EXCUSES;
    for (let tries = 0; tries < ATTEMPTS && !this.#closed; tries += 1) {
      const member = this.#parts.current(this.#worker);
      if (member === null) return null;
      const began = clock.now();
      const reached = await this.#parts.reach(member, timeout);
      if (reached.ok) return reached.value;
      // Who was stopped, or has no processor, is late itself: that says nothing of others.
      if (clock.now() - began > timeout + LATE && excuses > 0) {
        excuses -= 1;
        tries -= 1;
      }
      await this.#pause(BETWEEN);
    }
    return null;
  }

  async #pause(time: Millis): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#cancel = this.#parts.clock.after(time, resolve);
    });
  }
}
