import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** Hands a command to the circusd of another server. */
export const relay: Handler<"relay"> = async (arbiter, properties) => done(await (await arbiter.seat.circuit()).relay(properties));
