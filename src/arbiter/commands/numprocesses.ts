import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** How many processes live, of all watchers or of one. */
export const numprocesses: Handler<"numprocesses"> = (arbiter, { name }) =>
  name === undefined
    ? done({ numprocesses: arbiter.watchers.inOrder().reduce((sum, runner) => sum + runner.pids.length, 0) })
    : done({ numprocesses: arbiter.watchers.get(name).pids.length, watcher_name: name });
