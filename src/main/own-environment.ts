/** The environment that circusd was started with. */
import type { Environment } from "../core/spec.js";

export function ownEnvironment(): Environment {
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
