/** The program serf, and where the configuration of its agent stands. */
import { join } from "node:path";
import { fail, succeed, type Result } from "../../core/result.js";
import { findProgram } from "../../os/program.js";
import { fileNameOf } from "./state-dir.js";

/** Of the agent's configuration; servers of one host differ in where they listen. */
export function serfFile(directory: string, listen: string): string {
  return join(directory, `serf-${fileNameOf(listen)}`, "agent.json");
}

/**
 * The words that run serf. With setpriv before it the agent ends with the one who started it, however that happens.
 * @param path PATH to look in
 */
export function serfWords(path: string | undefined): Result<readonly string[], string> {
  const search = { path, directory: null, refusal: () => null };
  const serf = findProgram("serf", search);
  if (!serf.ok) return fail(`${serf.failure.message}; install it (on Debian: apt install serf), or set engine = mesh`);
  const setpriv = findProgram("setpriv", search);
  return succeed([...(setpriv.ok ? [setpriv.value, "--pdeathsig", "KILL"] : []), serf.value]);
}
