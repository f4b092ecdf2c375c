/**
 * A subscription to the coming or going of servers: a queue of their paths, each for one receiver. `@join` begins with
 * everybody who is there.
 */
import type { Member } from "../../core/circuit/member.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import type { Membership, MembershipListener } from "../membership.js";
import type { Element } from "./element.js";
import { MessageQueue } from "./message-queue.js";
import { receiveMany, receiveOne } from "./receiving.js";
import { Visits } from "./visit.js";

/** Events that are kept; what comes beyond is dropped and counted. */
const MOST_PENDING = 10_000;

export interface SubscriptionOptions {
  readonly id: string;
  readonly event: "join" | "leave";
  readonly membership: Pick<Membership, "members" | "watch">;
}

/** @example `tree.make(["news"], async (id) => makeSubscription({ id, event: "leave", membership }))` */
export function makeSubscription({ id, event, membership }: SubscriptionOptions): Element {
  const queue = new MessageQueue(MOST_PENDING);
  const visits = new Visits();
  let dropped = 0;
  let isScrubbed = false;
  const add = (member: Member): void => {
    if (queue.hasRoom) addEvent(queue, `/${member.id}`);
    else dropped += 1;
  };
  const stop = membership.watch(listenerFor(event, add));
  if (event === "join") for (const { member } of membership.members()) add(member);
  return {
    kind: event === "join" ? "@join" : "@leave",
    id,
    handlers: {
      recv: (call) => visits.run(call, (visit) => receiveOne({ queue, visit })),
      "recv.many": (call, { ahead }) => visits.run(call, (visit) => receiveMany({ queue, visit }, ahead)),
    },
    async stat() {
      return { Source: event, Pending: queue.figures().stored, Closed: isScrubbed, Dropped: dropped };
    },
    async scrub() {
      isScrubbed = true;
      stop();
      queue.scrub();
      visits.stop(new CircuitError("scrubbed", "The subscription was scrubbed"));
    },
  };
}

const ignore = (): void => undefined;

function listenerFor(event: "join" | "leave", add: (member: Member) => void): MembershipListener {
  return { joined: event === "join" ? add : ignore, left: event === "leave" ? add : ignore, updated: ignore };
}

function addEvent(queue: MessageQueue, path: string): void {
  const body = new TextEncoder().encode(path);
  queue.place(queue.enter(), { parts: [body], size: body.length, rest: null }, { accepted: ignore, aborted: ignore });
}
