/** What an operator reads in the log about the container engine. */
import type { ContainerEngine } from "../../core/circuit/container-port.js";
import type { Log } from "../../core/ports.js";

/** Says whether there is one; a server does without until it comes. Never rejects. */
export async function tellEngine(engine: ContainerEngine, log: Pick<Log, "info" | "warning">): Promise<void> {
  const version = await engine.version();
  if (version.ok) log.info(`Containers are run by ${version.value}`);
  else log.warning(`Containers cannot be run yet: ${version.failure.message}`);
}
