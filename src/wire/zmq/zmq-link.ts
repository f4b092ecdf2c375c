/** A link, whichever end it is: what waits to leave or to be started, and how it ends. The sockets are its owner's. */
import type { Link, LinkEnd, LinkHandler } from "../circuit/link.js";
import type { Packet } from "../circuit/packet.js";
import { encodePacket, packedSize, packMessage, unpackMessage, type Encoded } from "../circuit/codec.js";
import { handOver } from "./hand-over.js";

/** What may come before `start`: packets, and bytes of them. */
const KEPT = { packets: 1000, bytes: 4 * 1024 * 1024 };

/**
 * Bytes that may be on their way to the other end, in messages that it has not received. Streams are held back by the credit of
 * their calls long before; this finds those who go on asking and never read the answers.
 */
const MAX_UNREAD = 256 * 1024 * 1024;

/** Either end says so whenever it has received so many bytes more. */
const RECEIPT = 256 * 1024;

/** The call of a credit that is for the link itself. */
const LINK = 0;

/** A message is closed when its first frame has so many bytes, or it has so many packets. */
const MESSAGE = { bytes: 256 * 1024, packets: 256 };

/** The connection underneath. */
export interface Line {
  transmit(frames: readonly Uint8Array[]): void;
  /** Called once. Good-bye was `said` by this end, and what was sent may be under way yet, or `heard` from the other. */
  part(how: "said" | "heard"): void;
}

type State =
  | { readonly kind: "waiting"; readonly kept: Packet[]; bytes: number; readonly end: LinkEnd | null }
  | { readonly kind: "started"; readonly handler: LinkHandler }
  | { readonly kind: "over" };

export class ZmqLink implements Link {
  readonly peer: string;
  readonly #line: Line;
  #state: State = { kind: "waiting", kept: [], bytes: 0, end: null };
  #outbox: Encoded[] = [];
  /** Bytes that the other end has not told the receipt of, and those that it was not told the receipt of. */
  #unread = 0;
  #received = 0;

  constructor(peer: string, line: Line) {
    this.peer = peer;
    this.#line = line;
  }

  start(handler: LinkHandler): void {
    const state = this.#state;
    if (state.kind !== "waiting") throw new Error("internal: a link was started twice");
    this.#state = { kind: "started", handler };
    for (const packet of state.kept) this.#deliver(packet);
    if (state.end !== null) this.#finish(state.end);
  }

  send(packet: Packet): void {
    if (this.#isOver) return;
    const encoded = encodePacket(packet);
    if (!encoded.ok) return this.#giveBack(packet, encoded.failure);
    if (this.#outbox.length === 0) setImmediate(() => this.#flush());
    this.#outbox.push(encoded.value);
  }

  close(reason: string): void {
    if (this.#isOver) return;
    this.#sayBye(reason);
    this.#finish({ kind: "closed", message: reason });
    this.#line.part("said");
  }

  /** A message has come. */
  receive(frames: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    const packets = unpackMessage(frames);
    if (!packets.ok) return this.#breach(packets.failure);
    this.#giveReceipt(sizeOf(frames));
    for (const packet of packets.value) {
      if (packet.kind === "bye") {
        // The answer tells the other end that everything has arrived.
        this.#sayBye("good-bye");
        this.#finish({ kind: "bye", message: packet.reason });
        this.#line.part("heard");
      } else if (packet.kind === "credit" && packet.call === LINK) this.#takeReceipt(packet.bytes);
      else this.#deliver(packet);
      if (this.#isOver) return;
    }
  }

  /** The connection is gone, and everything that came over it was received. */
  lost(message: string): void {
    if (!this.#isOver) this.#finish({ kind: "lost", message });
  }

  get #isOver(): boolean {
    return this.#state.kind === "over" || (this.#state.kind === "waiting" && this.#state.end !== null);
  }

  #giveReceipt(bytes: number): void {
    this.#received += bytes;
    if (this.#received < RECEIPT) return;
    this.send({ kind: "credit", call: LINK, mine: true, bytes: this.#received });
    this.#received = 0;
  }

  #takeReceipt(bytes: number): void {
    if (bytes > this.#unread) return this.#breach("the receipt of more than was sent");
    this.#unread -= bytes;
  }

  #breach(what: string): void {
    const message = `"${this.peer}" does not keep to the protocol: ${what}`;
    this.#sayBye(message);
    this.#end(message);
  }

  #end(message: string): void {
    this.#finish({ kind: "violation", message });
    this.#line.part("said");
  }

  #deliver(packet: Packet): void {
    const state = this.#state;
    if (state.kind === "started") handOver(() => state.handler.packet(packet));
    if (state.kind !== "waiting") return;
    state.bytes += packet.kind === "open" ? packet.body.length : packet.kind === "data" ? packet.part.body.length : 0;
    state.kept.push(packet);
    if (state.kept.length > KEPT.packets || state.bytes > KEPT.bytes) this.#breach("more than may come before anything was answered");
  }

  /** The handler is told a moment later, so that nobody who calls `close` is called back from within. */
  #finish(end: LinkEnd): void {
    const state = this.#state;
    this.#outbox = [];
    if (state.kind === "waiting") this.#state = { ...state, end };
    if (state.kind !== "started") return;
    this.#state = { kind: "over" };
    queueMicrotask(() => state.handler.ended(end));
  }

  /** What cannot be sent fails its call, here and there, instead of leaving somebody waiting for ever. */
  #giveBack(packet: Packet, what: string): void {
    const message = `Cannot send "${packet.kind}": ${what}`;
    if (packet.kind === "result" || (packet.kind === "data" && !packet.mine)) {
      return this.send({ kind: "error", call: packet.call, code: "internal", message });
    }
    if (packet.kind !== "open" && packet.kind !== "data") return;
    if (packet.kind === "data") this.send({ kind: "cancel", call: packet.call, reason: message });
    queueMicrotask(() => this.#deliver({ kind: "error", call: packet.call, code: "invalid", message }));
  }

  #sayBye(reason: string): void {
    const bye = encodePacket({ kind: "bye", reason });
    if (bye.ok) this.#outbox.push(bye.value);
    this.#flush();
  }

  #flush(): void {
    const waiting = this.#outbox;
    this.#outbox = [];
    let first = 0;
    let bytes = 0;
    for (const [index, packet] of waiting.entries()) {
      bytes += packedSize(packet);
      if (bytes < MESSAGE.bytes && index - first + 1 < MESSAGE.packets && index + 1 < waiting.length) continue;
      const frames = packMessage(waiting.slice(first, index + 1));
      this.#unread += sizeOf(frames);
      this.#line.transmit(frames);
      first = index + 1;
      bytes = 0;
    }
    if (this.#unread > MAX_UNREAD && !this.#isOver) this.#end(`"${this.peer}" does not read what it is sent, ${this.#unread} bytes so far`);
  }
}

function sizeOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}
