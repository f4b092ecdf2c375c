import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** Merges the circuit of this server with another. */
export const join: Handler<"join"> = async (arbiter, { address }) => done(await (await arbiter.seat.circuit()).join(address));
