import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** Names of all watchers, or the pids of one. */
export const list: Handler<"list"> = (arbiter, { name }) =>
  done(name === undefined ? { watchers: arbiter.watchers.names() } : { pids: [...arbiter.watchers.get(name).pids].sort((a, b) => a - b) });
