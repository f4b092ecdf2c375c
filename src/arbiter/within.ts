/** A way to the arbiter that does not leave the process. */
import type { Transport } from "../wire/transport.js";

export interface Within {
  readonly transport: Transport;
  readonly endpoint: string;
}
