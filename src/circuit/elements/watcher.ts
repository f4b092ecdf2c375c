/** A watcher of the circusd on some host, as it stands in the tree under `circus/`. */
import { factsSchema } from "../../wire/circuit/values.js";
import type { CallOptions, Seat } from "../place.js";

/** Got by `anchor.get()`; it is made and removed by that circusd. */
export class Watcher {
  readonly kind = "watcher";
  readonly #seat: Seat;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** Where it stands: `/X…/circus/NAME`. */
  get path(): string {
    return this.#seat.place.path;
  }

  /** Its state, its options and its processes, as its circusd tells. */
  async peek(options?: CallOptions): Promise<Readonly<Record<string, unknown>>> {
    return this.#seat.peek("the watcher", factsSchema, options);
  }
}
