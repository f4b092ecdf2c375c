import { presentOptions } from "../../core/options.js";
import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** All options of a watcher. */
export const options: Handler<"options"> = (arbiter, { name }) =>
  done({ options: presentOptions(arbiter.watchers.get(name).spec, arbiter.parts.daemon.dir) });
