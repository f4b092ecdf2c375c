/** Who keeps the serf agent running: circusd, with a watcher like those of its other helpers, or an arbiter of `circuit start`'s own. */
import { SERF_WATCHER, serfWatcher } from "../../config/serf-watcher.js";
import type { LocalCircus } from "../../core/circuit/circus-port.js";
import type { Log } from "../../core/ports.js";
import { passingDirectory, type AgentRunner } from "./serf-agent.js";
import { serfFile, serfWords } from "./serf-program.js";

const SIGKILL = 9;

/** circusd's own watcher, which it has where the configuration asks for serf. */
export function watcherRunner(circus: LocalCircus, file: string): AgentRunner {
  const tell = async (command: string, properties: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    const { status, reason } = await circus.command(command, { name: SERF_WATCHER, ...properties }, null);
    if (status !== "ok") throw new Error(`Cannot ${command} the serf agent: ${String(reason)}`);
  };
  const attempt = (done: Promise<void>): Promise<void> => done.catch(() => undefined);
  return {
    file,
    start: () => tell("start"),
    kill: () => attempt(tell("signal", { signum: SIGKILL })),
    // When circusd ends it stops its watchers itself.
    stop: () => attempt(tell("stop", { waiting: true })),
  };
}

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
