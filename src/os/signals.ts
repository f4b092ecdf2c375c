/** What signals mean to the daemon. */

export interface SignalMeanings {
  /** SIGINT, SIGTERM and SIGQUIT; `times` counts them from 1. */
  stop(signal: string, times: number): void;
  /** SIGHUP. */
  reload(signal: string): void;
  /** SIGUSR2. */
  reopen(signal: string): void;
  /** SIGUSR1 and SIGWINCH, which do nothing. */
  ignore(signal: string): void;
}

const STOPPING = ["SIGINT", "SIGTERM", "SIGQUIT"] as const;
/** Node would open its debugger on SIGUSR1, and with it a way into the daemon, if nobody listened. */
const IGNORED = ["SIGUSR1", "SIGWINCH"] as const;

/**
 * Listens until the returned function is called.
 * @example `const unlisten = onSignals({ stop: () => void arbiter.stop(), … })`
 */
export function onSignals(meanings: SignalMeanings): () => void {
  let times = 0;
  const undo: (() => void)[] = [];

  function listen(signal: NodeJS.Signals, act: () => void): void {
    process.on(signal, act);
    undo.push(() => process.removeListener(signal, act));
  }

  for (const signal of STOPPING) {
    listen(signal, () => {
      times += 1;
      meanings.stop(signal, times);
    });
  }
  for (const signal of IGNORED) listen(signal, () => meanings.ignore(signal));
  listen("SIGHUP", () => meanings.reload("SIGHUP"));
  listen("SIGUSR2", () => meanings.reopen("SIGUSR2"));
  return () => {
    for (const step of undo) step();
  };
}
