import { presentOption } from "../../core/options.js";
import type { OptionValue } from "../../core/spec.js";
import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** The value of some options of a watcher. */
export const get: Handler<"get"> = (arbiter, { name, keys }) => {
  const { spec } = arbiter.watchers.get(name);
  const chosen: Record<string, OptionValue> = {};
  for (const key of keys) {
    const value = presentOption(spec, key, arbiter.parts.daemon.dir);
    if (value === undefined) throw new CommandError(`'${key}' option not found`);
    chosen[key] = value;
  }
  return done({ options: chosen });
};
