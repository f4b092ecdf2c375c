import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** The servers of the circuit, as this one sees them. */
export const members: Handler<"members"> = async (arbiter) => done(await (await arbiter.seat.circuit()).members());
