/** Reads `job.NAME = WHEN ACTION WATCHER`: a cron expression, what to do, and to which watcher. */
import { parseSignal } from "circusd/plugin";
import { Cron } from "croner";

export type Action =
  | { readonly kind: "start" | "stop" | "restart" | "reload"; readonly watcher: string }
  | { readonly kind: "signal"; readonly signal: { readonly number: number; readonly name: string }; readonly watcher: string }
  | { readonly kind: "incr" | "decr" | "numprocesses"; readonly count: number; readonly watcher: string };

export interface Job {
  readonly name: string;
  readonly action: Action;
  /** The first time after that one, both in seconds since the epoch; null where there will be none. */
  next(after: number): number | null;
}

/** What is wrong with a job; it reads on after a colon. */
export class JobError extends Error {
  override readonly name = "JobError";
}

const ACTIONS = ["start", "stop", "restart", "reload", "signal", "incr", "decr", "numprocesses"] as const;

/**
 * @param timezone a name such as `Europe/Berlin`; null for that of this machine
 * @throws JobError
 * @example `parseJob("nightly", { text: "0 3 * * * restart web", timezone: null })`
 */
export function parseJob(name: string, { text, timezone }: { readonly text: string; readonly timezone: string | null }): Job {
  const words = text.trim().split(/\s+/);
  const at = words.findIndex((word) => isAction(word));
  const kind = words[at];
  if (kind === undefined || !isAction(kind)) {
    throw new JobError(`expected a cron expression, then one of ${ACTIONS.join(", ")}, then a watcher, as in "0 3 * * * restart web"`);
  }
  const cron = readCron(words.slice(0, at), { timezone, action: kind });
  return {
    name,
    action: readAction(kind, words.slice(at + 1)),
    next(after) {
      const found = cron.nextRun(new Date(after * 1000));
      return found === null ? null : found.getTime() / 1000;
    },
  };
}

/** @example `describe({ kind: "incr", count: 2, watcher: "web" }) === "incr 2 web"` */
export function describe(action: Action): string {
  switch (action.kind) {
    case "start":
    case "stop":
    case "restart":
    case "reload":
      return `${action.kind} ${action.watcher}`;
    case "signal":
      return `signal ${action.signal.name} ${action.watcher}`;
    case "incr":
    case "decr":
    case "numprocesses":
      return `${action.kind} ${action.count} ${action.watcher}`;
  }
}

function isAction(word: string): word is Action["kind"] {
  return ACTIONS.some((action) => action === word);
}

function readCron(fields: readonly string[], { timezone, action }: { readonly timezone: string | null; readonly action: string }): Cron {
  const expression = fields.join(" ");
  const isNickname = fields.length === 1 && expression.startsWith("@");
  if (!isNickname && fields.length !== 5 && fields.length !== 6) {
    const wanted = "5 fields (minute hour day month weekday), or 6 with the second first";
    throw new JobError(`expected ${wanted}, before "${action}", and there ${fields.length === 1 ? "is 1" : `are ${fields.length}`}`);
  }
  let cron: Cron;
  try {
    cron = new Cron(expression, { ...(timezone === null ? {} : { timezone }), paused: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    throw new JobError(`"${expression}" is no cron expression: ${reason}`);
  }
  if (cron.nextRun() === null) throw new JobError(`"${expression}" is a time that never comes`);
  return cron;
}

function readAction(kind: Action["kind"], words: readonly string[]): Action {
  switch (kind) {
    case "start":
    case "stop":
    case "restart":
    case "reload":
      return { kind, watcher: watcherOf(kind, words) };
    case "signal": {
      const [name = "", ...rest] = words;
      const signal = parseSignal(name);
      if (signal === null) throw new JobError(`expected the name of a signal after "signal", as in "signal USR1 web", not "${name}"`);
      return { kind, signal, watcher: watcherOf(`signal ${name}`, rest) };
    }
    case "incr":
    case "decr": {
      const [count = "", ...rest] = words;
      const counted = /^[1-9]\d*$/.test(count) && rest.length > 0;
      return counted ? { kind, count: Number(count), watcher: rest.join(" ") } : { kind, count: 1, watcher: watcherOf(kind, words) };
    }
    case "numprocesses": {
      const [count = "", ...rest] = words;
      if (!/^\d+$/.test(count)) throw new JobError(`expected a number after "numprocesses", as in "numprocesses 4 web", not "${count}"`);
      return { kind, count: Number(count), watcher: watcherOf(`numprocesses ${count}`, rest) };
    }
  }
}

/** A name may have blanks in it. */
function watcherOf(before: string, words: readonly string[]): string {
  if (words.length > 0) return words.join(" ");
  throw new JobError(`expected a watcher after "${before}"`);
}
