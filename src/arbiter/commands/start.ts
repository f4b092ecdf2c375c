import type { Handler } from "../controller.js";
import { accepted, startInfo, working } from "./outcome.js";

/** Starts watchers; where more than one is meant, only those with autostart, as in Circus. */
export const start: Handler<"start"> = (arbiter, { name, match = "glob" }) => {
  if (name === undefined) return working(arbiter.startAll().then(() => ({})));
  const found = arbiter.watchers.matching(name, match);
  const runners = found.length === 1 ? found : found.filter(({ spec }) => spec.autostart);
  const started = Promise.all(runners.map((runner) => runner.command({ kind: "start" }).then(accepted)));
  return working(started.then(([only]) => (found.length === 1 && only !== undefined ? { info: startInfo(only.changed) } : {})));
};
