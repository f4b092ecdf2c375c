import type { Handler } from "../controller.js";
import { accepted, working } from "./outcome.js";

/** Removes a watcher; with `nostop` its processes go on, unsupervised. */
export const rm: Handler<"rm"> = (arbiter, { name, nostop = false }) => {
  const runner = arbiter.watchers.get(name);
  return working(
    runner
      .command({ kind: "remove", nostop })
      .then((answer) => void accepted(answer))
      .then(() => ({})),
  );
};
