/** What somebody is told: a thing that happened to a watcher, or how much of that was held back. */

export interface Notice {
  /** An event of Circus, one of the notifier's own, or `summary`. */
  readonly event: string;
  /** As events carry it: lower case, `_` for spaces. Empty in a summary. */
  readonly watcher: string;
  readonly pid: number | null;
  /** Negative for a signal. */
  readonly exitCode: number | null;
  /** Seconds since the epoch. */
  readonly time: number;
  /** A sentence without its full stop. */
  readonly message: string;
  /** Notices that a summary stands for. */
  readonly held: number;
}

/** The names that templates know, and what stands for them in JSON. */
export const FIELDS = ["event", "watcher", "pid", "exit_code", "time", "host", "message", "held"] as const;

export type Field = (typeof FIELDS)[number];

export type NoticeFields = Readonly<Record<Field, string | number | null>>;

/** @param host the name of this machine */
export function fieldsOf(notice: Notice, host: string): NoticeFields {
  const { event, watcher, pid, exitCode, message, held } = notice;
  return { event, watcher, pid, exit_code: exitCode, time: new Date(notice.time * 1000).toISOString(), host, message, held };
}
