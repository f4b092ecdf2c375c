/** A container on some host, as a client has it. */
import { factsSchema } from "../../wire/circuit/values.js";
import type { Seat } from "../place.js";
import { Running } from "./running.js";

/** What the container engine tells, by its names. */
export type ContainerStat = Readonly<Record<string, unknown>>;

/** Made by `anchor.makeDocker()`, or got by `anchor.get()`. */
export class Container extends Running<ContainerStat> {
  readonly kind = "container";

  constructor(seat: Seat) {
    super(seat, { what: "the container", schema: factsSchema });
  }
}
