/** Conversations over a network of memory: `a` opens calls, `b` answers them or hands them on to `c`. */
import assert from "node:assert/strict";
import { converse, type ConverseOptions } from "../../src/circuit/converse.js";
import type { Conversation, IncomingCall, Stream } from "../../src/circuit/conversation.js";
import type { Link } from "../../src/wire/circuit/link.js";
import type { Packet, Part } from "../../src/wire/circuit/packet.js";
import { MemoryNetwork } from "../../src/wire/memory/links.js";
import { VirtualClock } from "./virtual-clock.js";

export type OnCall = (incoming: IncomingCall) => void;

/** Two ends of one link. */
export interface Ends {
  readonly near: Link;
  readonly far: Link;
}

export class Circuit {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);

  /** Links two hosts; the far one listens at `tcp://FAR:1` from then on. */
  async link(near: string, far: string): Promise<Ends> {
    const accepted: Link[] = [];
    const options = { keys: [], silence: 5000 };
    const handler = { accepted: (link: Link) => accepted.push(link), refused: () => undefined };
    const listener = await this.network.host(far).listen(`tcp://${far}:1`, options, handler);
    const link = await this.network.host(near).dial(listener.endpoint, { ...options, timeout: 1000 });
    await listener.close();
    const [other] = accepted;
    assert.ok(other !== undefined);
    return { near: link, far: other };
  }

  converse(link: Link, onCall: OnCall, options: Pick<ConverseOptions, "limit" | "log"> = {}): Conversation {
    return converse(link, { clock: this.clock, onCall, ...options });
  }

  /** `near` opens calls that `onCall` answers at `far`. */
  async pair(onCall: OnCall, options?: Pick<ConverseOptions, "limit" | "log">): Promise<{ near: Conversation; far: Conversation }> {
    const { near, far } = await this.link("a", "b");
    return { near: this.converse(near, refuse), far: this.converse(far, onCall, options) };
  }

  /** `caller` opens calls at a relay that hands on those with a `to`; `target` is the relay's conversation with `c`. */
  async chain(onCall: OnCall, local: OnCall = refuse): Promise<{ caller: Conversation; relay: Conversation; target: Conversation }> {
    const [outer, inner] = [await this.link("a", "b"), await this.link("b", "c")];
    const target = this.converse(inner.near, refuse);
    this.converse(inner.far, onCall);
    const relay = this.converse(outer.far, (incoming) => (incoming.to === null ? local(incoming) : target.relay(incoming)));
    return { caller: this.converse(outer.near, refuse), relay, target };
  }
}

export const refuse: OnCall = (incoming) => incoming.fail("unknown-method", "nothing is done here");

/** One end of a link by hand: keeps what comes. */
export class RawEnd {
  readonly packets: Packet[] = [];
  readonly ends: string[] = [];
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
    link.start({ packet: (packet) => this.packets.push(packet), ended: ({ kind, message }) => this.ends.push(`${kind}: ${message}`) });
  }

  send(...packets: readonly Packet[]): void {
    for (const packet of packets) this.#link.send(packet);
  }

  /** Takes what has come of some kind. */
  of<K extends Packet["kind"]>(kind: K): Extract<Packet, { kind: K }>[] {
    return this.packets.filter((packet): packet is Extract<Packet, { kind: K }> => packet.kind === kind);
  }
}

export async function readAll(stream: Stream): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream.parts()) parts.push(part);
  return parts;
}

export const bytes = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);

/** How a promise has gone by now. */
export class Watched<T> {
  state: "pending" | "done" | Error = "pending";
  value: T | null = null;

  constructor(promise: Promise<T>) {
    promise.then(
      (value) => {
        this.value = value;
        this.state = "done";
      },
      (error: unknown) => {
        this.state = error instanceof Error ? error : new Error(String(error));
      },
    );
  }

  /** The code of the CircuitError that it failed with. */
  get code(): unknown {
    return this.state instanceof Error && "code" in this.state ? this.state.code : this.state;
  }
}
