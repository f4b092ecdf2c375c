import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** Whether watchers are active, stopped, starting or stopping. With a name it is the reply's own `status`. */
export const status: Handler<"status"> = (arbiter, { name }) =>
  done(
    name === undefined
      ? { statuses: Object.fromEntries(arbiter.watchers.all().map((runner) => [runner.spec.name, runner.status])) }
      : { status: arbiter.watchers.get(name).status },
  );
