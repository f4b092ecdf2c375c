/** What of a changed [circus] concerns the program itself, and not its endpoints and watchers. */
import type { ArbiterSpec } from "../core/spec.js";

const AT_START = ["loglevel", "logoutput", "loggerconfig", "pidfile"] as const;

/**
 * Makes takers-over of a changed section: the umask applies at once, to workers that start from then on.
 * @param inherited the umask that circusd was started with, for a section that names none any more
 * @returns a function that returns the names of options whose change takes effect at the next start alone
 */
export function adopter(inherited: number): (now: ArbiterSpec, before: ArbiterSpec) => readonly string[] {
  return (now, before) => {
    process.umask(now.umask ?? inherited);
    return AT_START.filter((option) => now[option] !== before[option]);
  };
}
