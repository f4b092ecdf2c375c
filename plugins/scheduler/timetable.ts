/**
 * Says which jobs are due, by a clock that may be set. As cron does: a clock that goes forth by up to three hours makes
 * up for what was missed, once each; one that goes back by up to three hours repeats nothing. More than that is a
 * clock that was wrong: everything is taken from the new time on.
 */
import type { Job } from "./job.js";

/** Seconds. */
const JUMP = 3 * 3600;

interface Entry {
  readonly job: Job;
  due: number | null;
}

export interface DueJob {
  readonly job: Job;
  /** When it should have run, in seconds since the epoch. */
  readonly due: number;
}

export class Timetable {
  readonly #entries: readonly Entry[];
  #last: number;

  /** @param now seconds since the epoch, like all times here */
  constructor(jobs: readonly Job[], now: number) {
    this.#entries = jobs.map((job) => ({ job, due: job.next(now) }));
    this.#last = now;
  }

  /** What is to run now, and what is left out because it is too late. */
  take(now: number): { readonly run: readonly DueJob[]; readonly missed: readonly DueJob[] } {
    const setBack = now < this.#last - JUMP;
    this.#last = now;
    const run: DueJob[] = [];
    const missed: DueJob[] = [];
    for (const entry of this.#entries) {
      const { job, due } = entry;
      if (setBack) entry.due = job.next(now);
      else if (due !== null && due <= now) {
        (now - due <= JUMP ? run : missed).push({ job, due });
        entry.due = job.next(now);
      }
    }
    return { run, missed };
  }

  /** When the next job is due; null where none will ever be. */
  get next(): DueJob | null {
    const dues = this.#entries.flatMap(({ job, due }) => (due === null ? [] : [{ job, due }]));
    return dues.sort((one, other) => one.due - other.due)[0] ?? null;
  }

  /** Every job with the time when it is due. */
  get all(): readonly { readonly job: Job; readonly due: number | null }[] {
    return this.#entries;
  }
}
