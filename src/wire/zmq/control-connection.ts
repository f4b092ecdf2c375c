/** The client's end of the control endpoint: a DEALER socket. */
import type { Dealer } from "zeromq";
import type { ControlConnection } from "../transport.js";
import { connect } from "./connect.js";

/** Connects the socket; it connects again by itself whenever the daemon comes back. */
export function connectControl(socket: Dealer, endpoint: string): ControlConnection {
  connect(socket, endpoint);
  let last: Promise<void> = Promise.resolve();
  return {
    send(body) {
      // A socket takes one send at a time. It waits while nobody reads and the queue is full.
      const sent = last.then(() => socket.send(body));
      last = sent.catch(ignoreFailure);
      return sent;
    },
    async *replies() {
      for await (const frames of socket) {
        const body = frames.at(-1);
        if (body !== undefined) yield body;
      }
    },
    close() {
      socket.close();
    },
  };
}

/** The sender of that message was told; the next may still succeed. */
function ignoreFailure(): void {}
