/** The control endpoint: a ROUTER socket that takes requests from DEALER and REQ sockets. */
import type { Router } from "zeromq";
import type { ControlServer, Incoming } from "../transport.js";
import { bind } from "./bind.js";
import { handOver } from "./hand-over.js";

const NO_BYTES = new Uint8Array(0);

export type OnRequest = (incoming: Incoming) => void;

/**
 * Binds the socket and hands every message to the handler. The socket must have a send timeout of 0: then a send
 * is carried out within the call, and a reply to a peer that is gone or does not read is dropped by libzmq once
 * the peer's own high-water mark is reached. So there is no queue here that could grow.
 */
export async function serveControl(socket: Router, endpoint: string, onRequest: OnRequest): Promise<ControlServer> {
  const bound = await bind(socket, { what: "control endpoint", endpoint });
  const finished = receive(socket, onRequest);
  return {
    endpoint: bound.endpoint,
    async close() {
      await bound.close();
      await finished;
    },
  };
}

async function receive(socket: Router, onRequest: OnRequest): Promise<void> {
  while (!socket.closed) {
    let message: readonly Uint8Array[];
    try {
      message = await socket.receive();
    } catch (cause) {
      // Closing ends the wait with an error; anything else would repeat for ever.
      if (socket.closed) return;
      throw cause;
    }
    const [identity, ...frames] = message;
    if (identity !== undefined) handOver(() => onRequest(incoming(socket, identity, frames)));
  }
}

function incoming(socket: Router, identity: Uint8Array, frames: readonly Uint8Array[]): Incoming {
  // A REQ socket puts an empty frame before the body and wants it back before the answer.
  const delimited = frames.length > 1 && frames[0]?.length === 0;
  return {
    frames: delimited ? frames.slice(1) : frames,
    respond(body) {
      if (socket.closed) return;
      socket.send(delimited ? [identity, NO_BYTES, body] : [identity, body]).catch(ignoreLost);
    },
  };
}

/** A reply that cannot leave has nobody who waits for it. */
function ignoreLost(): void {}
