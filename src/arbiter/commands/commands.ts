import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** The commands that modules of [circus] commands add. */
export const commands: Handler<"commands"> = (arbiter) =>
  done({ commands: arbiter.added.all().map(({ name, summary, operands, help }) => ({ name, summary, operands, help })) });
