/** What a server without a container engine says. */
import type { ContainerRun } from "../../wire/circuit/contract.js";
import { CircuitError } from "../../wire/circuit/errors.js";

/** @throws CircuitError `unavailable`, always */
export async function refuseContainers({ Image }: ContainerRun): Promise<never> {
  throw new CircuitError(
    "unavailable",
    `Cannot run a container of "${Image}": this server makes none; start it with --docker, or with docker = True in [cluster]`,
  );
}
