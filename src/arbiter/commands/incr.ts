import type { Handler } from "../controller.js";
import { resize } from "./resize.js";

/** Adds processes to a watcher. */
export const incr: Handler<"incr"> = (arbiter, { name, nb = 1 }) => resize(arbiter, name, nb);
