import type { Handler } from "../controller.js";
import { accepted, working } from "./outcome.js";

/** Stops watchers; without a name all of them, low priority first. */
export const stop: Handler<"stop"> = (arbiter, { name, match = "glob" }) => {
  if (name === undefined) return working(arbiter.stopAll().then(() => ({})));
  const runners = arbiter.watchers.matching(name, match);
  const stopped = Promise.all(runners.map((runner) => runner.command({ kind: "stop" }).then(accepted)));
  return working(stopped.then(() => (runners.length === 1 ? { info: null } : {})));
};
