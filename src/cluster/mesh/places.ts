/**
 * Addresses where somebody of this circuit should be: those of the configuration, and those that an earlier life of this server knew.
 * Each is tried until somebody answers there, and again when nobody who is known has it any more: so halves of a circuit find
 * each other after any time.
 */
import type { Member } from "../../core/circuit/member.js";
import type { Cancel, Clock, Log, Millis, Random } from "../../core/ports.js";
import type { Result } from "../../core/result.js";
import { backOff } from "./back-off.js";
import { placeOf } from "./dial.js";

export interface PlacesParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly join: (address: string) => Promise<Result<Member, string>>;
  /** Whether somebody who is a member, or is looked for as one, has this place, or is this program. */
  readonly isTaken: (place: string, worker: string | null) => boolean;
  readonly isSelf: (member: Member) => boolean;
  /** Nobody else is in the view. */
  readonly isAlone: () => boolean;
}

interface Place {
  readonly address: string;
  /** Of the configuration, and so never given up, and told of in the log. */
  readonly isSeed: boolean;
  readonly since: Millis;
  failures: number;
  /** Who answered there the last time. */
  worker: string | null;
  isTried: boolean;
  cancel: Cancel;
}

/** Between attempts while there are others to talk to. */
const AT_LEISURE: Millis = 60_000;
/** After that long what an earlier life knew is given up. */
const A_DAY: Millis = 86_400_000;
/** Of addresses of an earlier life. */
const MOST_KNOWN = 256;

export class Places {
  readonly #parts: PlacesParts;
  readonly #places = new Map<string, Place>();
  #closed = false;

  /** @param seeds of the configuration @param known of an earlier life */
  constructor(parts: PlacesParts, seeds: readonly string[], known: readonly string[]) {
    this.#parts = parts;
    for (const address of seeds) this.#add(address, true);
    for (const address of known.slice(0, MOST_KNOWN)) this.#add(address, false);
  }

  /** Those of an earlier life where nobody has answered so far. */
  unanswered(): readonly string[] {
    return [...this.#places.values()].filter(({ isSeed }) => !isSeed).map(({ address }) => address);
  }

  /** The last one of the others has gone: all are tried at once. */
  alone(): void {
    for (const place of this.#places.values()) {
      if (place.isTried) continue;
      place.failures = 0;
      this.#plan(place, 0);
    }
  }

  close(): void {
    this.#closed = true;
    for (const place of this.#places.values()) place.cancel();
  }

  #add(address: string, isSeed: boolean): void {
    const key = placeOf(address);
    if (key === null || this.#places.has(key)) return;
    // Of an earlier life the programs have changed, and the places may be the same.
    const text = isSeed ? address : key;
    const since = this.#parts.clock.now();
    const place: Place = { address: text, isSeed, since, failures: 0, worker: null, isTried: false, cancel: () => undefined };
    this.#places.set(key, place);
    this.#plan(place, 0);
  }

  #plan(place: Place, delay: Millis): void {
    place.cancel();
    place.cancel = this.#parts.clock.after(delay, () => void this.#visit(place));
  }

  async #visit(place: Place): Promise<void> {
    const { isTaken, join, random, isAlone, clock } = this.#parts;
    const key = placeOf(place.address);
    if (key === null || isTaken(key, place.worker)) return this.#plan(place, backOff(100, random));
    place.isTried = true;
    const joined = await join(place.address);
    place.isTried = false;
    if (this.#closed) return;
    if (joined.ok) this.#answered(key, place, joined.value);
    else this.#failed(place, joined.failure);
    if (!place.isSeed && (joined.ok || clock.now() - place.since > A_DAY)) return void this.#places.delete(key);
    this.#plan(place, backOff(Math.max(1, place.failures), random, isAlone() ? undefined : AT_LEISURE));
  }

  #answered(key: string, place: Place, member: Member): void {
    place.worker = member.worker;
    place.failures = 0;
    if (this.#parts.isSelf(member)) return;
    this.#parts.log.info(`Joined server "${member.name}" at "${place.isSeed ? place.address : key}"`);
  }

  #failed(place: Place, why: string): void {
    place.failures += 1;
    if (place.isSeed && place.failures === 1) this.#parts.log.warning(`${why}; trying again until somebody answers there`);
  }
}
