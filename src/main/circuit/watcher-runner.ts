/** Keeps the serf agent of circusd running, with a watcher like those of its other helpers. */
import { SERF_WATCHER } from "../../config/serf-watcher.js";
import type { LocalCircus } from "../../core/circuit/circus-port.js";
import type { AgentRunner } from "./serf-agent.js";

const SIGKILL = 9;

/** @param file the agent's configuration, which the watcher names */
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
