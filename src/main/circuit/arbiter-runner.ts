/** Keeps the serf agent of `circuit start` running, with an arbiter that has nothing else to do. */
import { SERF_WATCHER, serfWatcher } from "../../config/serf-watcher.js";
import type { Log } from "../../core/ports.js";
import { passingDirectory, type AgentRunner } from "./serf-agent.js";
import { serfFile, serfWords } from "./serf-program.js";

const SIGKILL = 9;

/** @param directory null keeps nothing @throws Error where there is no serf */
export async function arbiterRunner(directory: string | null, listen: string, log: Log): Promise<AgentRunner> {
  const words = serfWords(process.env["PATH"]);
  if (!words.ok) throw new Error(`Cannot use engine serf: ${words.failure}`);
  const { Arbiter } = await import("../library/arbiter.js");
  const { configOf } = await import("../library/settings.js");
  const { openMemory } = await import("../../wire/memory/transport.js");
  const passing = directory === null ? await passingDirectory() : null;
  const file = serfFile(passing?.path ?? directory ?? "", listen);
  const config = { ...configOf([], {}), watchers: [{ ...serfWatcher(words.value, file), autostart: true }] };
  const arbiter = new Arbiter(config, { log: quiet(log) }, openMemory());
  return {
    file,
    start: () => arbiter.start(),
    kill: () => arbiter.watcher(SERF_WATCHER).signal(SIGKILL).then(ignore, ignore),
    async stop() {
      await arbiter.stop();
      await passing?.remove();
    },
  };
}

/** That an arbiter starts and stops is of no interest here; what goes wrong is. */
function quiet(log: Log): Log {
  return {
    debug: ignore,
    info: ignore,
    warning: (message) => log.warning(message),
    error: (message) => log.error(message),
    critical: (message) => log.critical(message),
  };
}

function ignore(): void {
  return undefined;
}
