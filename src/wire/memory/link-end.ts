/** One end of a link of memory, and what happens on the way to it. */
import type { Cancel, Clock } from "../../core/ports.js";
import type { Link, LinkEnd, LinkHandler } from "../circuit/link.js";
import type { Packet } from "../circuit/packet.js";

export interface EndOptions {
  /** Name of the host that it stands on. */
  readonly host: string;
  readonly peer: string;
  readonly silence: number;
  readonly timer: Pick<Clock, "after">;
  readonly ended: () => void;
}

type Arrival = { readonly packet: Packet } | { readonly end: LinkEnd };

export class MemoryLink implements Link {
  readonly peer: string;
  readonly host: string;
  readonly #options: EndOptions;
  #other: MemoryLink | null = null;
  #handler: LinkHandler | null = null;
  /** What has arrived and was not handed over. */
  #arrived: Arrival[] = [];
  /** What cannot pass at the moment; null while the way is open. */
  #held: Arrival[] | null = null;
  #cancelSilence: Cancel = () => undefined;
  #awake = false;
  #closed = false;
  #ended = false;

  constructor(options: EndOptions) {
    this.#options = options;
    this.peer = options.peer;
    this.host = options.host;
  }

  /** Makes two ends of one link. */
  static join(one: MemoryLink, other: MemoryLink): void {
    one.#other = other;
    other.#other = one;
  }

  start(handler: LinkHandler): void {
    this.#handler = handler;
    this.#wake();
  }

  send(packet: Packet): void {
    if (!this.#closed) this.#pass({ packet: overTheWire(packet) });
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#pass({ end: { kind: "bye", message: reason } });
    this.end({ kind: "closed", message: reason });
  }

  /** Ends this end alone, at once: what was on its way to it is lost. */
  end(end: LinkEnd): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#arrived = [{ end }];
    this.#cancelSilence();
    this.#wake();
  }

  /** Nothing comes to this end any more, as with a cable that was pulled; it finds that out by the silence. */
  hold(): void {
    if (this.#held !== null || this.#closed) return;
    this.#held = [];
    const { silence, timer } = this.#options;
    const message = `Nothing was heard from "${this.peer}" for ${silence} ms`;
    this.#cancelSilence = timer.after(silence, () => this.end({ kind: "silent", message }));
  }

  /** The way is open again: what was held arrives. */
  release(): void {
    this.#cancelSilence();
    const held = this.#held ?? [];
    this.#held = null;
    for (const one of held) this.#take(one);
    // The other end may have given up meanwhile, and could not say so.
    if (this.#other !== null && this.#other.#closed)
      this.#take({ end: { kind: "lost", message: `The connection to "${this.peer}" broke` } });
  }

  #pass(arrival: Arrival): void {
    if (this.#other !== null) this.#other.#take(arrival);
  }

  #take(arrival: Arrival): void {
    if (this.#closed) return;
    (this.#held ?? this.#arrived).push(arrival);
    this.#wake();
  }

  #wake(): void {
    if (this.#awake || this.#handler === null || this.#arrived.length === 0) return;
    this.#awake = true;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#awake = false;
    const handler = this.#handler;
    // A handler may close the link, which puts another list in the place of this one.
    while (handler !== null && !this.#ended) {
      const next = this.#arrived.shift();
      if (next === undefined) return;
      if ("packet" in next) handler.packet(next.packet);
      else {
        this.#closed = true;
        this.#ended = true;
        this.#cancelSilence();
        this.#options.ended();
        handler.ended(next.end);
      }
    }
  }
}

/** What JSON does to a value is done to it here too, so that a test sees what a program would see. */
function overTheWire(packet: Packet): Packet {
  switch (packet.kind) {
    case "open":
      return { ...packet, params: json(packet.params) };
    case "result":
      return { ...packet, value: json(packet.value) };
    case "data":
      return packet.part.value === undefined ? packet : { ...packet, part: { value: json(packet.part.value), body: packet.part.body } };
    case "end":
    case "credit":
    case "error":
    case "cancel":
    case "bye":
      return packet;
  }
}

function json(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
