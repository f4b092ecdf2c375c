/** circusd's own programs end with the circusd that started them: the next one starts its own, and needs their endpoints and sockets. */
import type { Cancel, Clock, Pid } from "../core/ports.js";

/** Milliseconds between two looks. */
const LOOK = 1000;

/**
 * Calls once when that circusd is not, or no longer, the parent of this process.
 * @example `const release = onceWithout(circusd, systemClock(), () => end("circusd has gone"));`
 */
export function onceWithout(circusd: Pid, clock: Pick<Clock, "after">, run: () => void): Cancel {
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    if (process.ppid === circusd) cancel = clock.after(LOOK, look);
    else run();
  };
  look();
  return () => cancel();
}
