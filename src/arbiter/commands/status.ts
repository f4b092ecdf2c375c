import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** Whether watchers are active, stopped, starting or stopping. With a name it is the reply's own `status`. */
export const status: Handler<"status"> = (arbiter, { name }) => {
  if (name === undefined)
    return done({ statuses: Object.fromEntries(arbiter.watchers.all().map((runner) => [runner.spec.name, runner.status])) });
  const { status, stops, demise } = arbiter.watchers.get(name);
  return done({ status, stops, demise });
};
