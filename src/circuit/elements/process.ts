/** A process on some host, as a client has it. */
import { processStatSchema, type ProcessStat } from "../../wire/circuit/contract.js";
import type { Seat } from "../place.js";
import { Running } from "./running.js";

/** Made by `anchor.makeProc()`, or got by `anchor.get()`. */
export class Process extends Running<ProcessStat> {
  readonly kind = "process";

  constructor(seat: Seat) {
    super(seat, { what: "the process", schema: processStatSchema });
  }
}
