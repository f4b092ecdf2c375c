import type { Handler } from "../controller.js";
import { resize } from "./resize.js";

/** Takes processes from a watcher, the oldest first. */
export const decr: Handler<"decr"> = (arbiter, { name, nb = 1 }) => resize(arbiter, name, -nb);
