/** A clock that stands still and a log that remembers. */
import type { Clock, Log } from "../../../../src/core/ports.js";

export interface StillClock extends Clock {
  /** Moves on and runs what is due, in order. */
  pass(milliseconds: number): void;
  readonly armed: number;
}

export function stillClock(): StillClock {
  let now = 0;
  let timers: { readonly due: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    epoch: () => 1_700_000_000 + now / 1000,
    after: (delay, run) => {
      const timer = { due: now + delay, run };
      timers.push(timer);
      return () => (timers = timers.filter((each) => each !== timer));
    },
    yield: settle,
    pass: (milliseconds) => {
      const until = now + milliseconds;
      for (;;) {
        const [next] = timers.filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due);
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.due;
        next.run();
      }
      now = until;
    },
    get armed(): number {
      return timers.length;
    },
  };
}

export interface MemoryLog extends Log {
  readonly lines: string[];
}

export function memoryLog(): MemoryLog {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  return { lines, debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error"), critical: at("critical") };
}

/** Lets all promises that can go on do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
