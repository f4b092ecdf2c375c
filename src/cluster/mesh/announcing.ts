/** Servers find each other by multicast: this one says again and again where it is, and joins whomever it hears and does not know. */
import type { Announcement, Announcer, Announcing as Open } from "../../core/circuit/announcer-port.js";
import type { Cancel, Clock, Log, Millis, Random } from "../../core/ports.js";
import type { Result } from "../../core/result.js";
import { around } from "./back-off.js";

export interface AnnouncingParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly announcer: Announcer;
  readonly own: () => Announcement;
  readonly isNews: (worker: string) => boolean;
  readonly join: (address: string) => Promise<Result<unknown, string>>;
}

/** Soon again after the start, when others may not listen yet, and then each time a little later. */
const FIRST_GAP: Millis = 1000;
const GROWTH = 1.4;
const LONGEST_GAP: Millis = 30_000;
/** Up to which a join is put off, since many may hear the same and one of them is enough. */
const HESITATION: Millis = 300;
/** Joins at once that somebody's datagrams can cause. */
const MOST_JOINS = 16;

export class Announcing {
  readonly #parts: AnnouncingParts;
  readonly #joining = new Map<string, Cancel>();
  #open: Open | null = null;
  #gap = FIRST_GAP;
  #cancel: Cancel = () => undefined;
  #isFailing = false;
  #closed = false;

  constructor(parts: AnnouncingParts) {
    this.#parts = parts;
    this.#cancel = parts.clock.after(0, () => void this.#round());
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    for (const cancel of this.#joining.values()) cancel();
    this.#open?.close();
  }

  async #round(): Promise<void> {
    const told = await this.#tell();
    if (this.#closed) return;
    const { log, announcer, clock, random } = this.#parts;
    if (!told.ok && !this.#isFailing) {
      log.warning(`Cannot announce this server at "${announcer.group}": ${told.failure}; trying again, everything else works`);
    }
    if (told.ok && this.#isFailing) log.info(`This server is announced at "${announcer.group}" again`);
    this.#isFailing = !told.ok;
    this.#cancel = clock.after(around(this.#gap, random), () => void this.#round());
    this.#gap = Math.min(LONGEST_GAP, this.#gap * GROWTH);
  }

  async #tell(): Promise<Result<void, string>> {
    const { announcer, own } = this.#parts;
    if (this.#open === null) {
      const opened = await announcer.open({ own, heard: (announcement) => this.#heard(announcement) });
      if (!opened.ok) return opened;
      if (this.#isClosed()) opened.value.close();
      this.#open = opened.value;
    }
    return this.#open.announce();
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #heard({ address, worker }: Announcement): void {
    const { isNews, clock, random } = this.#parts;
    if (this.#closed || !isNews(worker) || this.#joining.has(worker) || this.#joining.size >= MOST_JOINS) return;
    this.#joining.set(
      worker,
      clock.after(random() * HESITATION, () => void this.#join(address, worker)),
    );
  }

  async #join(address: string, worker: string): Promise<void> {
    const { isNews, join, log } = this.#parts;
    if (isNews(worker)) {
      const joined = await join(address);
      if (joined.ok) log.info(`Joined "${address}", which was announced`);
      else if (!this.#closed) log.debug(joined.failure);
    }
    this.#joining.delete(worker);
  }
}
