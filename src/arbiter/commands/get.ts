import { presentOptions } from "../../core/options.js";
import type { OptionValue } from "../../core/spec.js";
import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** The value of some options of a watcher. */
export const get: Handler<"get"> = (arbiter, { name, keys }) => {
  const all = presentOptions(arbiter.watchers.get(name).spec, arbiter.parts.daemon.dir);
  const chosen: Record<string, OptionValue> = {};
  for (const key of keys) {
    const value = Object.hasOwn(all, key) ? all[key] : undefined;
    if (value === undefined) throw new CommandError(`'${key}' option not found`);
    chosen[key] = value;
  }
  return done({ options: chosen });
};
