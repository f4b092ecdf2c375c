import type { BoundSocket } from "../../core/ports.js";
import type { ListedSocket } from "../../wire/contract.js";
import type { Handler } from "../controller.js";
import { done } from "./outcome.js";

/** The sockets that circusd holds. */
export const listsockets: Handler<"listsockets"> = (arbiter) =>
  done({
    sockets: arbiter.sockets
      .all()
      .map(describe)
      .sort((a, b) => a.fd - b.fd),
  });

function describe({ fd, spec, address }: BoundSocket): ListedSocket {
  return { fd, name: spec.name, backlog: spec.backlog, ...address };
}
