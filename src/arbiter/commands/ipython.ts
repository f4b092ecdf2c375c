import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** There is no Python in this daemon to open a shell into; the answer says what to use. */
export const ipython: Handler<"ipython"> = () =>
  done({ shell: false, msg: "circusd runs on Node and has no IPython; use circusctl without a command for an interactive shell" });
