import type { Handler } from "../controller.js";
import { accepted, changedInfo, working } from "./outcome.js";

/** Stops and starts watchers; without a name the whole arbiter anew from its file. */
export const restart: Handler<"restart"> = (arbiter, { name, match = "glob" }) => {
  if (name === undefined) return working(arbiter.restartInPlace().then(() => ({})));
  const runners = arbiter.watchers.matching(name, match);
  const restarted = Promise.all(runners.map((runner) => runner.command({ kind: "restart" }).then(accepted)));
  // What has changed is told only where it is exactly one watcher, as in Circus.
  return working(restarted.then(([only]) => (runners.length === 1 && only !== undefined ? { info: changedInfo(only.changed) } : {})));
};
