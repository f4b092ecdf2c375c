/** The environment that circusd was started with, without what speaks to circusd alone. */
import type { Environment } from "../core/spec.js";
import { LISTEN_VARIABLES } from "../os/handed-sockets.js";
import { NOTIFY_VARIABLES } from "../os/notify.js";

const OURS: ReadonlySet<string> = new Set([...NOTIFY_VARIABLES, ...LISTEN_VARIABLES]);

export function ownEnvironment(): Environment {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined || OURS.has(name) ? [] : [[name, value]])),
  );
}
