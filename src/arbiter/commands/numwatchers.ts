import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** How many watchers there are. */
export const numwatchers: Handler<"numwatchers"> = (arbiter) => done({ numwatchers: arbiter.watchers.names().length });
