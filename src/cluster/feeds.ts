/** What goes on for as long as a caller listens: the coming and going of members, and the events of a circusd. */
import type { LocalCircus } from "../core/circuit/circus-port.js";
import type { Departure, Member } from "../core/circuit/member.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { Fifo } from "../core/fifo.js";
import type { Visit } from "./elements/visit.js";
import type { Membership } from "./membership.js";

/** Changes that a slow listener may be behind before it is told so. */
const MOST_BEHIND = 10_000;

interface Change {
  readonly event: "join" | "leave" | "update";
  readonly member: Member;
  readonly reason?: Departure;
}

const NOTHING = new Uint8Array(0);

/** Tells a caller of everybody who is there and of every change. @throws CircuitError `overload` when it is too far behind */
export async function watchMembers(visit: Visit, membership: Pick<Membership, "members" | "watch">): Promise<never> {
  const changes = new Fifo<Change>();
  let wake = (): void => undefined;
  const add = (change: Change): void => {
    changes.push(change);
    if (changes.size > MOST_BEHIND) visit.stop(new CircuitError("overload", `The listener is ${MOST_BEHIND} changes behind; listen again`));
    wake();
  };
  const stop = membership.watch({
    joined: (member) => add({ event: "join", member }),
    left: (member, reason) => add({ event: "leave", member, reason }),
    updated: (member) => add({ event: "update", member }),
  });
  try {
    for (const { member } of membership.members()) add({ event: "join", member });
    for (;;) {
      const value = changes.shift();
      if (value !== null) await visit.until(visit.call.send({ value, body: NOTHING }));
      else await visit.until(new Promise<void>((resolve) => (wake = resolve)));
    }
  } finally {
    stop();
  }
}

/** Tells a caller of the events of a circusd, until one of them goes away. */
export async function watchCircus(visit: Visit, circus: LocalCircus, topics: readonly string[]): Promise<Record<string, never>> {
  const leaving = new AbortController();
  const events = circus.events(topics, leaving.signal)[Symbol.asyncIterator]();
  try {
    for (let next = await visit.until(events.next()); next.done !== true; next = await visit.until(events.next())) {
      const { topic, body } = next.value;
      await visit.until(visit.call.send({ value: { topic, body }, body: NOTHING }));
    }
    visit.call.end();
    return {};
  } finally {
    leaving.abort();
  }
}
