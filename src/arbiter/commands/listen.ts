import { CommandError } from "../../wire/contract.js";
import type { Handler } from "../controller.js";

/** Events do not come through the control endpoint. */
export const listen: Handler<"listen"> = () => {
  throw new CommandError("invalid message. use a pub/sub socket");
};
