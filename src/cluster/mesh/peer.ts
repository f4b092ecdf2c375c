/**
 * One other server: the link to it, and what is done while there is none.
 *
 *     heard ──reached──▶ standing ──the link broke──▶ shaken ──not reached──▶ lost
 *       │                 ▲  ▲  │                       │                      │
 *       │                 │  └──┼────────reached────────┘                      │
 *       │                 └─────┼──────────────────reached─────────────────────┘
 *       └──in vain for long──▶ over ◀──good-bye, or another program at its address
 *
 * `standing` and `shaken` are in the view: a link that breaks and is there again at once is no event.
 */
import type { Departure, Member, MemberState } from "../../core/circuit/member.js";
import type { Cancel, Clock, Millis, Random } from "../../core/ports.js";
import type { Result } from "../../core/result.js";
import type { LinkEnd } from "../../wire/circuit/link.js";
import type { Conversation } from "../../circuit/conversation.js";
import { backOff } from "./back-off.js";
import type { Reached } from "./dial.js";
import type { Gate } from "./gate.js";

type Life =
  | { readonly kind: "heard" }
  | { readonly kind: "standing"; readonly conversation: Conversation; readonly joined: number }
  | { readonly kind: "shaken"; readonly joined: number; readonly until: Millis }
  | { readonly kind: "lost" }
  | { readonly kind: "over" };

export interface PeerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly dial: (address: string, timeout: Millis, signal: AbortSignal) => Promise<Result<Reached, string>>;
  /** Where those wait that were never reached, and those that were lost: neither holds up the other. */
  readonly heardGate: Gate;
  readonly lostGate: Gate;
  /** What becomes of it, in the order of events. */
  readonly on: {
    readonly joined: (peer: Peer) => void;
    /** It is over unless it was lost. */
    readonly left: (peer: Peer, reason: Departure) => void;
    readonly updated: (peer: Peer) => void;
    /** Over without having been in the view. */
    readonly forgotten: (peer: Peer) => void;
    /** Another program is at its address. It is over already. */
    readonly replaced: (by: Reached) => void;
    /** An attempt to reach a server that others told of has failed for the first time. */
    readonly unreachable: (peer: Peer, why: string) => void;
  };
}

/** One that others tell of is not tried more often than that for it. */
const PAUSE: Millis = 2000;
/** For finding out whether a broken link means anything. */
const QUICK: Millis = 1500;
/** For one of several attempts meanwhile, each of which sends first packets of its own, and between two of them. */
const ONE_OF_SEVERAL: Millis = 750;
const AGAIN: Millis = 300;
/** For all other attempts. */
const TIMEOUT: Millis = 2500;
/** A link that breaks sooner is no good one; after so many of them in a row the server counts as lost, though it can be reached. */
const SHORT_LIFE: Millis = 3000;
const MOST_SHORT = 3;
/** How long one is tried that others tell of and nobody here has seen, since it was told of last. */
const HEARSAY: Millis = 60_000;

export class Peer {
  readonly #parts: PeerParts;
  #member: Member;
  #life: Life = { kind: "heard" };
  #isSlow = false;
  #heardAt: Millis;
  #triedAt: Millis = -Infinity;
  /** In a row. */
  #failures = 0;
  #trouble = "it was not tried yet";
  #stoodAt: Millis = -Infinity;
  /** Links in a row that broke soon. */
  #shortLives = 0;
  /** The attempt under way, and how to end it. */
  #attempt: { readonly done: Promise<void>; readonly stop: AbortController } | null = null;
  /** It has made itself heard during the attempt, which may still be waiting for an answer to what was lost. */
  #called = false;
  #cancelTimer: Cancel = () => undefined;
  #waiting: (() => void)[] = [];

  constructor(member: Member, parts: PeerParts) {
    this.#member = member;
    this.#parts = parts;
    this.#heardAt = parts.clock.now();
  }

  get member(): Member {
    return this.#member;
  }

  /** The link to it; null while there is none. */
  get conversation(): Conversation | null {
    return this.#life.kind === "standing" ? this.#life.conversation : null;
  }

  /** Seconds since the epoch; null for one that is not in the view. */
  get joined(): number | null {
    return "joined" in this.#life ? this.#life.joined : null;
  }

  get state(): MemberState {
    return this.#isSlow ? "slow" : "alive";
  }

  get isLost(): boolean {
    return this.#life.kind === "lost";
  }

  /** Why it could not be reached the last time. */
  get trouble(): string {
    return this.#trouble;
  }

  /** Takes over what is newer of it. */
  learn(member: Member): void {
    if (member.revision <= this.#member.revision) return;
    this.#member = member;
    if (this.joined !== null) this.#parts.on.updated(this);
  }

  /** Others say that it is there. Resolves when it is reached or the attempt has failed. */
  async heard(): Promise<void> {
    this.#heardAt = this.#parts.clock.now();
    if (this.#attempt !== null || this.#heardAt - this.#triedAt >= PAUSE) await this.#inTurn();
  }

  /** It has spoken itself. Resolves when it is reached or the attempt has failed. */
  async met(): Promise<void> {
    this.#heardAt = this.#parts.clock.now();
    this.#called = true;
    await this.#try(TIMEOUT);
    // An attempt that had begun before may have failed for what is over by now; then there is another.
    await this.#attempt?.done;
  }

  /** Resolves when it is known whether there is a link: at once unless that is being found out. */
  async settled(): Promise<void> {
    if (this.#isOpen()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Takes a link to it that somebody has made; one that is not needed is closed. */
  accept({ conversation, member }: Reached): void {
    if (this.#life.kind === "standing" || this.#life.kind === "over") {
      conversation.close("there is a link already");
      this.learn(member);
      return;
    }
    this.#rest();
    const { joined } = this;
    this.#life = { kind: "standing", conversation, joined: joined ?? this.#parts.clock.epoch() };
    this.#failures = 0;
    this.#stoodAt = this.#parts.clock.now();
    this.#tell();
    void conversation.ended.then((end) => this.#ended(conversation, end));
    if (joined !== null) return this.learn(member);
    if (member.revision > this.#member.revision) this.#member = member;
    this.#parts.on.joined(this);
  }

  /** Whether it answers in time. */
  answers(isSlow: boolean): void {
    if (this.#isSlow === isSlow || this.joined === null) return;
    this.#isSlow = isSlow;
    this.#parts.on.updated(this);
  }

  /** It is gone, and not looked for any more. */
  depart(reason: Departure): void {
    const wasSeen = this.joined !== null;
    if (this.#life.kind === "over") return;
    this.close("good-bye");
    if (wasSeen) this.#parts.on.left(this, reason);
    else this.#parts.on.forgotten(this);
  }

  /** Ends without a word to anybody here. */
  close(reason: string): void {
    const { conversation } = this;
    this.#life = { kind: "over" };
    this.#rest();
    this.#tell();
    conversation?.close(reason);
  }

  #ended(conversation: Conversation, end: LinkEnd): void {
    if (this.conversation !== conversation || this.#life.kind !== "standing") return;
    if (end.kind === "bye") return this.depart("left");
    this.#shortLives = this.#parts.clock.now() - this.#stoodAt < SHORT_LIFE ? this.#shortLives + 1 : 0;
    if (this.#shortLives > MOST_SHORT) {
      this.#trouble = end.message;
      this.#lose(this.#shortLives);
      return this.#tryLater();
    }
    // Silence may be due to a cable, which is there again in a moment; a process that was killed does not come back.
    const isSilent = end.kind === "silent";
    this.#life = { kind: "shaken", joined: this.#life.joined, until: this.#parts.clock.now() + (isSilent ? QUICK : 0) };
    void this.#try(isSilent ? ONE_OF_SEVERAL : QUICK);
  }

  async #inTurn(): Promise<void> {
    const gate = this.#life.kind === "heard" ? this.#parts.heardGate : this.#parts.lostGate;
    await gate.pass(() => this.#try(TIMEOUT));
  }

  /** Dials, unless that is going on or not needed any more. */
  #try(timeout: Millis): Promise<void> {
    if (this.#life.kind === "standing" || this.#life.kind === "over") return Promise.resolve();
    if (this.#attempt !== null) return this.#attempt.done;
    this.#cancelTimer();
    this.#called = false;
    this.#triedAt = this.#parts.clock.now();
    const stop = new AbortController();
    const attempt = { done: this.#dial(timeout, stop.signal), stop };
    this.#attempt = attempt;
    return attempt.done;
  }

  async #dial(timeout: Millis, signal: AbortSignal): Promise<void> {
    const reached = await this.#parts.dial(this.#member.address, timeout, signal);
    if (signal.aborted) {
      if (reached.ok) reached.value.conversation.close("it is not needed any more");
      return;
    }
    this.#attempt = null;
    if (!reached.ok) return this.#missed(reached.failure);
    if (reached.value.member.worker === this.#member.worker) return this.accept(reached.value);
    this.#trouble = `another server answers at "${this.#member.address}"`;
    this.depart("failed");
    this.#parts.on.replaced(reached.value);
  }

  #missed(why: string): void {
    const now = this.#parts.clock.now();
    this.#failures += 1;
    this.#trouble = why;
    if (this.#life.kind === "heard") {
      if (now - this.#heardAt >= HEARSAY) return this.depart("failed");
      if (this.#failures === 1) this.#parts.on.unreachable(this, why);
    } else if (this.#life.kind === "shaken") {
      const left = this.#life.until - now;
      if (left > AGAIN) return this.#later(AGAIN, () => void this.#try(Math.min(left - AGAIN, ONE_OF_SEVERAL)));
      this.#lose(1);
    }
    this.#tell();
    if (this.#called) return void this.#try(TIMEOUT);
    this.#tryLater();
  }

  #lose(failures: number): void {
    this.#life = { kind: "lost" };
    this.#isSlow = false;
    this.#failures = failures;
    this.#parts.on.left(this, "failed");
  }

  #tryLater(): void {
    this.#later(backOff(this.#failures, this.#parts.random), () => void this.#inTurn());
  }

  #isOpen(): boolean {
    return this.#life.kind === "shaken" || (this.#life.kind === "heard" && this.#failures === 0);
  }

  #tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #later(delay: Millis, run: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.after(delay, run);
  }

  /** Stops what is under way to reach it. */
  #rest(): void {
    this.#cancelTimer();
    this.#attempt?.stop.abort();
    this.#attempt = null;
  }
}
