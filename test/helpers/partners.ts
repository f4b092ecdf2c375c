/** Programs of others that tests work with. Where one is missing its tests are skipped, but never with CI=true. */
import { spawnSync } from "node:child_process";

/** Why a test that needs this program cannot run, or false. */
export function without(program: string, ...args: string[]): string | false {
  if (process.env["CI"] === "true" || runs(program, args)) return false;
  return `${program} ${args.join(" ")} does not run here`;
}

/** A Python that has ZeroMQ: the system's, as a version manager's own seldom has what the system's packages bring. */
export const PYTHON = ["/usr/bin/python3", "python3"].find((program) => runs(program, ["-c", "import zmq"])) ?? "python3";

/** Why tests with PYTHON cannot run, or false. */
export function withoutPythonZmq(): string | false {
  return without(PYTHON, "-c", "import zmq");
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
