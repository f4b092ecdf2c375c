import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";

/** The last lines of a watcher's processes. */
export const tail: Handler<"tail"> = (arbiter, { name }) => {
  const { spec } = arbiter.watchers.get(name);
  throw new CommandError(`Cannot show the output of "${spec.name}": it is not kept`);
};
