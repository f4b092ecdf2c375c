import type { Handler } from "../controller.js";
import { accepted, changedInfo, working } from "./outcome.js";

/** Replaces the processes of one watcher, or of all one watcher after the other. */
export const reload: Handler<"reload"> = (arbiter, { name, graceful = true, sequential = false }) => {
  if (name === undefined) return working(arbiter.reload({ graceful, sequential }).then(() => ({})));
  const runner = arbiter.watchers.get(name);
  return working(
    runner.command({ kind: "reload", graceful, sequential }).then((answer) => ({ info: changedInfo(accepted(answer).changed) })),
  );
};
