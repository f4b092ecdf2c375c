/**
 * Two calls that are one: what comes from the caller goes to the server that it meant, and the other way round, packet by
 * packet. Nothing is kept between them, since either side sends no more than the far one has granted.
 */
import type { Millis } from "../core/ports.js";
import { CircuitError } from "../wire/circuit/errors.js";
import type { Open } from "../wire/circuit/packet.js";
import type { Incoming } from "./incoming.js";
import type { Closing, Line, LineHandler } from "./line.js";

export interface RelayTarget {
  readonly line: Line;
  readonly now: Millis;
  readonly open: (line: Line, packet: Open) => void;
}

const NO_BYTES = new Uint8Array(0);

/** Hands a call on; it must not have been answered, and nothing of it sent. */
export function relay(incoming: Incoming, { line: target, now, open }: RelayTarget): void {
  const caller = incoming.line;
  if (caller.closing !== null) return;
  const { arrived, ended } = incoming.handOver(fromCaller(target));
  target.handOverTo(fromTarget(caller, incoming.to ?? "at the other end"));
  // A short message that came with the call goes on with it.
  const [first] = arrived;
  const body = first?.part.value === undefined ? (first?.part.body ?? NO_BYTES) : NO_BYTES;
  const rest = body.length > 0 ? arrived.slice(1) : arrived;
  const whole = ended && rest.length === 0;
  target.opened(body.length, whole);
  open(target, {
    kind: "open",
    call: target.call,
    method: incoming.method,
    params: incoming.params,
    deadline: caller.due === Infinity ? null : Math.max(0, caller.due - now),
    to: incoming.to,
    body,
    ended: whole,
  });
  for (const { part, cost } of rest) target.data(part, cost);
  if (ended) target.end();
}

function fromCaller(target: Line): LineHandler {
  return {
    data: (part, cost) => target.data(part, cost),
    dataEnded: () => target.end(),
    credited: (bytes) => credit(target, bytes),
    closed(closing) {
      if (closing.kind === "error") target.cancel(closing.error);
    },
  };
}

function fromTarget(caller: Line, server: string): LineHandler {
  return {
    data: (part, cost) => caller.data(part, cost),
    dataEnded: () => caller.end(),
    credited: (bytes) => credit(caller, bytes),
    closed: (closing) => caller.answer(named(closing, server)),
  };
}

function credit(line: Line, bytes: number): void {
  line.use(bytes);
  line.flush();
}

/** Which of two links was lost is something that the caller cannot know. */
function named(closing: Closing, server: string): Closing {
  if (closing.kind === "result" || closing.error.code !== "lost") return closing;
  const message = `The connection to server "${server}" was lost on the way: ${closing.error.message}`;
  return { kind: "error", error: new CircuitError("lost", message, { cause: closing.error }) };
}
