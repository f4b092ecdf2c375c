/** Keeps the serf agent of `circuit start` running, with an arbiter that has nothing else to do. */
import { serfWatcher } from "../../config/serf-watcher.js";
import type { Log } from "../../core/ports.js";
import { openMemory } from "../../wire/memory/transport.js";
import { Arbiter } from "../library/arbiter.js";
import { configOf } from "../library/settings.js";
import { passingDirectory, type AgentRunner } from "./serf-agent.js";
import { serfFile, serfWords } from "./serf-program.js";
import { watcherRunner } from "./watcher-runner.js";

/** @param directory null keeps nothing @throws Error where there is no serf */
export async function arbiterRunner(directory: string | null, listen: string, log: Log): Promise<AgentRunner> {
  const words = serfWords(process.env["PATH"]);
  if (!words.ok) throw new Error(`Cannot use engine serf: ${words.failure}`);
  const passing = directory === null ? await passingDirectory() : null;
  const file = serfFile(passing?.path ?? directory ?? "", listen);
  const arbiter = new Arbiter({ ...configOf([], {}), watchers: [serfWatcher(words.value, file)] }, { log: quiet(log) }, openMemory());
  const runner = watcherRunner(async (command, properties) => (await arbiter.client.send(command, properties)).reply, file);
  return {
    ...runner,
    async start() {
      await arbiter.start();
      await runner.start();
    },
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
