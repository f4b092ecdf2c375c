import type { Handler } from "../controller.js";
import { working } from "./outcome.js";

/** Stops everything; circusd ends after the answer is out. */
export const quit: Handler<"quit"> = (arbiter) => working(arbiter.quit().then(() => ({})));
