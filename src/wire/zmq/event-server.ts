/** The event endpoint: a PUB socket. */
import type { Publisher } from "zeromq";
import type { EventServer } from "../transport.js";
import { bind } from "./bind.js";

/**
 * Binds the socket. It must have a send timeout of 0: a PUB socket is always writable, so each send is carried out
 * within the call, in order, and libzmq drops what a slow subscriber has no room for.
 */
export async function serveEvents(socket: Publisher, endpoint: string): Promise<EventServer> {
  const bound = await bind(socket, { what: "event endpoint", endpoint });
  return {
    endpoint: bound.endpoint,
    publish(topic, body) {
      if (!socket.closed) socket.send([topic, body]).catch(ignoreLost);
    },
    close: () => bound.close(),
  };
}

/** Nobody waits for the delivery of an event. */
function ignoreLost(): void {}
