/** The watcher of the serf agent of a server whose engine is serf. The server writes the agent's configuration, and starts it. */
import { defaultWatcher } from "../core/options.js";
import { SIGINT } from "../core/signals.js";
import type { WatcherSpec } from "../core/spec.js";
import { quoteForShell } from "../core/words.js";

export const SERF_WATCHER = "circusd-serf";

/** @param words the program, with what stands before it @param file its configuration */
export function serfWatcher([program = "", ...args]: readonly string[], file: string): WatcherSpec {
  return {
    ...defaultWatcher(SERF_WATCHER, quoteForShell(program)),
    args: [...args, "agent", `-config-file=${file}`],
    singleton: true,
    copyEnv: true,
    copyPath: true,
    maxRetry: -1,
    // Serf says good-bye at this one.
    stopSignal: SIGINT,
    gracefulTimeout: 5,
    // It writes errors and pleasantries to the same stream: they are kept for `tail` and shown to nobody.
    stdoutStream: { class: "FileStream", options: { filename: "/dev/null" } },
    autostart: false,
    internal: true,
  };
}
