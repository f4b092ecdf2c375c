import type { Handler } from "../controller.js";
import { working } from "./outcome.js";

/** Reads the configuration again and takes over the difference. */
export const reloadconfig: Handler<"reloadconfig"> = (arbiter) => working(arbiter.reloadConfig().then(() => ({})));
