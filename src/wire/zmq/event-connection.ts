/** The subscriber's end of the event endpoint: a SUB socket. */
import type { Subscriber } from "zeromq";
import type { EventConnection } from "../transport.js";
import { connect } from "./connect.js";

const utf8 = new TextDecoder();

/** Subscribes and connects; libzmq connects and subscribes again whenever the daemon comes back. */
export function connectEvents(socket: Subscriber, endpoint: string, topics: readonly string[]): EventConnection {
  socket.subscribe(...topics);
  connect(socket, endpoint);
  return {
    async *[Symbol.asyncIterator]() {
      for await (const [topic, body, ...more] of socket) {
        // Anything else than a topic and a body is not an event of Circus.
        if (topic !== undefined && body !== undefined && more.length === 0) yield { topic: utf8.decode(topic), body };
      }
    },
    close() {
      socket.close();
    },
  };
}
