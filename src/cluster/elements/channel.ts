/**
 * A channel: messages go from senders to receivers in the order in which they arrived, as many as `capacity` being kept
 * meanwhile. With a capacity of 0 a sender waits for the receiver of its message.
 */
import type { Clock } from "../../core/ports.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Element } from "./element.js";
import { MessageQueue } from "./message-queue.js";
import { receiveMany, receiveOne } from "./receiving.js";
import { sendMany, sendOne } from "./sending.js";
import { Visits } from "./visit.js";

export interface ChannelOptions {
  readonly id: string;
  /** Messages that are kept; 0 keeps none. */
  readonly capacity: number;
  readonly clock: Pick<Clock, "yield">;
}

/** @example `tree.make(["jobs"], async (id) => makeChannel({ id, capacity: 10, clock }))` */
export function makeChannel({ id, capacity, clock }: ChannelOptions): Element {
  const queue = new MessageQueue(capacity);
  const visits = new Visits();
  return {
    kind: "channel",
    id,
    handlers: {
      send: (call) => visits.run(call, (visit) => sendOne({ queue, visit, clock })),
      "send.many": (call) => visits.run(call, (visit) => sendMany({ queue, visit, clock })),
      recv: (call) => visits.run(call, (visit) => receiveOne({ queue, visit })),
      "recv.many": (call, { ahead }) => visits.run(call, (visit) => receiveMany({ queue, visit }, ahead)),
      async close() {
        queue.close();
        return {};
      },
    },
    async stat() {
      const { sent, received, stored, bytes, senders, takers } = queue.figures();
      return {
        Cap: capacity,
        Closed: queue.closed,
        Aborted: false,
        NumSend: sent,
        NumRecv: received,
        Buffered: stored,
        Bytes: bytes,
        Senders: senders,
        Receivers: takers,
      };
    },
    async scrub() {
      queue.scrub();
      visits.stop(new CircuitError("scrubbed", "The channel was scrubbed"));
    },
  };
}
