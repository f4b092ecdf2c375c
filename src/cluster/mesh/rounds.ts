/**
 * Every few seconds somebody is asked whether it sees the same members. Whatever was missed, by either side, is made up for,
 * and one that does not answer in time is slow.
 */
import type { Member } from "../../core/circuit/member.js";
import type { Cancel, Clock, Millis, Random } from "../../core/ports.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import { around } from "./back-off.js";
import type { Peer } from "./peer.js";

export interface RoundsParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Those that can be asked. */
  standing(): readonly Peer[];
  /** This server's list, in letters. */
  digest(): string;
  /** The answer of one whose list differs. */
  compared(peer: Peer, members: readonly Member[]): void;
}

const EVERY: Millis = 5000;
/** After news, which come in bursts. */
const SOON: Millis = 250;
/** Without an answer for so long a server is slow. */
const PATIENCE: Millis = 5000;
/** Then the question is taken for lost, and another may be put. */
const DEADLINE: Millis = 30_000;

export class Rounds {
  readonly #parts: RoundsParts;
  /** Whose turn it is, in an order of chance, so that everybody has one. */
  #queue: Peer[] = [];
  readonly #asked = new Map<Peer, Cancel>();
  /** One that came in the last burst. */
  #news: Peer | null = null;
  #cancelNext: Cancel = () => undefined;
  #cancelSoon: Cancel = () => undefined;
  #closed = false;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
    this.#plan();
  }

  /** Compares with this one, or another that has come by then, in a moment. */
  soon(peer: Peer): void {
    const isPlanned = this.#news !== null;
    this.#news = peer;
    if (isPlanned || this.#closed) return;
    this.#cancelSoon = this.#parts.clock.after(around(SOON, this.#parts.random), () => {
      const news = this.#news;
      this.#news = null;
      if (news !== null) void this.#ask(news);
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelNext();
    this.#cancelSoon();
    for (const cancel of this.#asked.values()) cancel();
  }

  #plan(): void {
    this.#cancelNext = this.#parts.clock.after(around(EVERY, this.#parts.random), () => {
      this.#plan();
      const next = this.#next();
      if (next !== null) void this.#ask(next);
    });
  }

  #next(): Peer | null {
    for (let tries = 0; tries < 2; tries += 1) {
      for (let peer = this.#queue.pop(); peer !== undefined; peer = this.#queue.pop()) if (peer.conversation !== null) return peer;
      this.#queue = shuffled(this.#parts.standing(), this.#parts.random);
    }
    return null;
  }

  async #ask(peer: Peer): Promise<void> {
    const { conversation } = peer;
    if (conversation === null || this.#asked.has(peer)) return;
    this.#asked.set(
      peer,
      this.#parts.clock.after(PATIENCE, () => peer.answers(true)),
    );
    let mayAnswerYet = false;
    try {
      const { members } = await conversation.ask("mesh.sync", { digest: this.#parts.digest() }, { deadline: DEADLINE });
      if (this.#closed) return;
      peer.answers(false);
      if (members !== null) this.#parts.compared(peer, members);
    } catch (cause) {
      if (this.#closed || conversation.end !== null) return;
      mayAnswerYet = cause instanceof CircuitError && cause.code === "deadline";
      // An error is an answer too.
      if (!mayAnswerYet) peer.answers(false);
    } finally {
      this.#asked.get(peer)?.();
      this.#asked.delete(peer);
    }
    // It stays slow until it has answered, so it is not left to wait for its turn.
    if (mayAnswerYet) void this.#ask(peer);
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
