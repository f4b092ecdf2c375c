import { setOptions } from "../../core/options.js";
import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { expandEnvironment } from "../wire-options.js";
import { accepted, working } from "./outcome.js";

/** Changes options of a watcher; all are checked before any applies. */
export const set: Handler<"set"> = async (arbiter, { name, options: given }) => {
  const options = expandEnvironment(given, arbiter.parts.daemon.env);
  const runner = arbiter.watchers.get(name);
  const changed = setOptions(runner.spec, options);
  if (!changed.ok) throw new CommandError(changed.failure);
  if (changed.value.changes.some(({ effect }) => effect === "hooks")) await arbiter.checkHooks(changed.value.spec);
  return working(
    arbiter
      .change(runner, options)
      .then((answer) => void accepted(answer))
      .then(() => ({})),
  );
};
