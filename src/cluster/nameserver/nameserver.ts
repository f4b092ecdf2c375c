/** The name server element: a small DNS server on the host of its anchor, whose records change while it runs. */
import type { OpenDns } from "../../core/circuit/dns-port.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Element } from "../elements/element.js";
import { answerFrom } from "./answer.js";
import { absoluteName } from "./names.js";
import { parseRecord } from "./presentation.js";
import { Zone } from "./zone.js";

export interface Nameserver extends Element {
  /** What was bound. */
  readonly address: string;
}

/** Starts one at `HOST:PORT`, an empty address being any port of all devices. @throws CircuitError `unavailable` where it cannot be bound */
export async function makeNameserver(open: OpenDns, address: string, id: string): Promise<Nameserver> {
  const zone = new Zone();
  const socket = await open(address, answerFrom(zone));
  if (!socket.ok) throw new CircuitError("unavailable", socket.failure);
  return {
    kind: "nameserver",
    id,
    address: socket.value.address,
    handlers: {
      async set(_call, { record }) {
        const parsed = parseRecord(record);
        if (!parsed.ok) throw new CircuitError("invalid", parsed.failure);
        zone.add(parsed.value);
        return {};
      },
      async unset(_call, { name }) {
        const whole = absoluteName(name);
        if (whole === null) throw new CircuitError("invalid", `Cannot unset "${name}": it is no name of a host or a domain`);
        return { removed: zone.remove(whole) };
      },
    },
    stat: async () => ({ Address: socket.value.address, Records: zone.listing }),
    scrub: async () => socket.value.close(),
  };
}
