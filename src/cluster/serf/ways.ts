/** Links to other servers: made when somebody needs one, kept while it is used, and closed some time after. */
import type { Member, WorkerId } from "../../core/circuit/member.js";
import type { Cancel, Clock, Millis, Random } from "../../core/ports.js";
import { fail, succeed, type Result } from "../../core/result.js";
import { parseAddress } from "../../wire/circuit/address.js";
import type { Conversation } from "../../circuit/conversation.js";
import { backOff } from "../mesh/back-off.js";
import { attempt, type DialServer } from "../mesh/dial.js";

export interface WaysParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly dial: DialServer;
  readonly self: () => Member;
  /** Whether it can be reached, as it was found out a moment ago. */
  readonly answers: (worker: WorkerId, isSlow: boolean) => void;
  /** As it is now; null for one that is not in the view any more. */
  readonly current: (worker: WorkerId) => Member | null;
}

interface Way {
  readonly conversation: Conversation;
  usedAt: Millis;
}

const DIAL_TIMEOUT: Millis = 5000;
/** Without a call for so long a link is closed. */
const IDLE: Millis = 60_000;
const SWEEP: Millis = 15_000;

export class Ways {
  readonly #parts: WaysParts;
  readonly #table = new Map<WorkerId, Way>();
  readonly #attempts = new Map<WorkerId, Promise<Result<Conversation, string>>>();
  /** When those are tried again that could not be reached, and how often that was. */
  readonly #retries = new Map<WorkerId, { readonly failures: number; readonly cancel: Cancel }>();
  /** Kept though nobody calls. */
  readonly #held = new Set<WorkerId>();
  readonly #stop = new AbortController();
  #cancelSweep: Cancel;

  constructor(parts: WaysParts) {
    this.#parts = parts;
    this.#cancelSweep = parts.clock.after(SWEEP, () => this.#sweep());
  }

  /** The link that stands; null where there is none. */
  get(worker: WorkerId): Conversation | null {
    return this.#table.get(worker)?.conversation ?? null;
  }

  /** The failure says why there is no way. Never waits longer than `timeout`. */
  async reach(member: Member, timeout: Millis): Promise<Result<Conversation, string>> {
    const way = this.#table.get(member.worker);
    if (way !== undefined) {
      way.usedAt = this.#parts.clock.now();
      return succeed(way.conversation);
    }
    const late = fail(`Server "${member.name}" has not answered within ${timeout / 1000} s`);
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(timeout, () => resolve(late));
      void this.#attempt(member).then((reached) => {
        cancel();
        resolve(reached);
      });
    });
  }

  /** Takes a link that was made to somebody; one that is not needed is closed. */
  accept({ worker }: Member, conversation: Conversation): void {
    if (this.#table.has(worker) || this.#stop.signal.aborted) return conversation.close("there is a link already");
    this.#table.set(worker, { conversation, usedAt: this.#parts.clock.now() });
    this.#forgive(worker);
    void conversation.ended.then(() => {
      if (this.get(worker) === conversation) this.#table.delete(worker);
    });
  }

  /** Keeps links to these, once they are made, whether they are used or not. */
  hold(workers: readonly WorkerId[]): void {
    this.#held.clear();
    for (const worker of workers) this.#held.add(worker);
  }

  /** It has gone. */
  drop(worker: WorkerId, reason: string): void {
    this.#retries.get(worker)?.cancel();
    this.#retries.delete(worker);
    this.get(worker)?.close(reason);
    this.#table.delete(worker);
  }

  close(reason: string): void {
    this.#stop.abort();
    this.#cancelSweep();
    for (const worker of [...this.#table.keys(), ...this.#retries.keys()]) this.drop(worker, reason);
  }

  #attempt(member: Member): Promise<Result<Conversation, string>> {
    const under = this.#attempts.get(member.worker);
    if (under !== undefined) return under;
    const begun = this.#dial(member).finally(() => this.#attempts.delete(member.worker));
    this.#attempts.set(member.worker, begun);
    return begun;
  }

  async #dial(member: Member): Promise<Result<Conversation, string>> {
    const { dial, self } = this.#parts;
    const parsed = parseAddress(member.address);
    const address = parsed.ok ? { ...parsed.value, process: null } : null;
    const options = { self: self(), timeout: DIAL_TIMEOUT, signal: this.#stop.signal };
    const reached = address === null ? parsed : await attempt(() => dial(address, options));
    if (!reached.ok) return this.#missed(member, `Server "${member.name}" cannot be reached: ${reached.failure}`);
    if (!("conversation" in reached.value)) throw new Error("internal: an address is no link");
    const { conversation, member: found } = reached.value;
    if (found.worker !== member.worker) {
      conversation.close("it leads to another server");
      return this.#missed(member, `Another server than "${member.name}" answers at "${member.address}"`);
    }
    this.accept(member, conversation);
    return succeed(this.get(member.worker) ?? conversation);
  }

  #missed(member: Member, why: string): Result<Conversation, string> {
    const { clock, random, answers, current } = this.#parts;
    if (this.#stop.signal.aborted) return fail("This server leaves its circuit");
    const { worker } = member;
    const failures = (this.#retries.get(worker)?.failures ?? 0) + 1;
    this.#retries.get(worker)?.cancel();
    const cancel = clock.after(backOff(failures, random), () => {
      const now = current(worker);
      if (now === null) this.#retries.delete(worker);
      else void this.#attempt(now);
    });
    this.#retries.set(worker, { failures, cancel });
    answers(worker, true);
    return fail(why);
  }

  #forgive(worker: WorkerId): void {
    this.#retries.get(worker)?.cancel();
    this.#retries.delete(worker);
    this.#parts.answers(worker, false);
  }

  #sweep(): void {
    const { clock } = this.#parts;
    const due = clock.now() - IDLE;
    for (const [worker, { conversation, usedAt }] of this.#table) {
      if (!this.#held.has(worker) && usedAt < due && conversation.isIdle) this.drop(worker, "nobody has used it for a while");
    }
    this.#cancelSweep = clock.after(SWEEP, () => this.#sweep());
  }
}
