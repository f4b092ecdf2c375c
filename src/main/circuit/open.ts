/** Loads what a server of a circuit is made of when the configuration asks for one, and not before. */
import type { OpenCircuit } from "../../arbiter/circuit-seat.js";
import type { SeatParts } from "./seat.js";

export function openCircuit(parts: SeatParts): OpenCircuit {
  return async (spec, within) => {
    const { openSeat } = await import("./seat.js");
    return openSeat(parts, spec, within);
  };
}
