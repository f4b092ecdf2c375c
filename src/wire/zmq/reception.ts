/** Who is at the listening end of links, by routing id: takes every message, and makes a link of whoever says hello. */
import type { Context, Router } from "zeromq";
import type { ClusterKey, Link } from "../circuit/link.js";
import { proofOf } from "./curve.js";
import { fullFrames, readHello, welcomeFrames } from "./greeting.js";
import { ignoreLost, NamedDealer } from "./sockets.js";
import { ZmqLink } from "./zmq-link.js";

/** Links at once. */
const MAX_LINKS = 4096;

/** The other door of the ROUTER, for what takes the place of a peer in order to be rid of it. */
export const SIDE_DOOR = "inproc://side-door";

export interface ReceptionHandler {
  accepted(link: Link): void;
  /** Somebody spoke who did not say hello. */
  stranger(): void;
}

/** A peer that has parted is known until its connection has ended, so that what it still sends is not taken for a hello. */
type Peer = { readonly kind: "link"; readonly link: ZmqLink } | { readonly kind: "parted" };

export class Reception {
  readonly #socket: Router;
  readonly #context: Context;
  readonly #handler: ReceptionHandler;
  readonly #peers = new Map<string, Peer>();
  #links = 0;
  keys: readonly ClusterKey[];

  constructor(
    { socket, context }: { readonly socket: Router; readonly context: Context },
    keys: readonly ClusterKey[],
    handler: ReceptionHandler,
  ) {
    this.#socket = socket;
    this.#context = context;
    this.#handler = handler;
    this.keys = keys;
  }

  take([id, ...frames]: readonly Buffer[]): void {
    if (id === undefined) return;
    const name = id.toString("latin1");
    const peer = this.#peers.get(name);
    if (frames.length === 1 && frames[0]?.length === 0) this.#gone(name);
    else if (peer === undefined) this.#greet(id, frames);
    else if (peer.kind === "link") peer.link.receive(frames);
  }

  closeAll(reason: string): void {
    for (const peer of [...this.#peers.values()]) if (peer.kind === "link") peer.link.close(reason);
  }

  #gone(name: string): void {
    const peer = this.#peers.get(name);
    this.#peers.delete(name);
    if (peer?.kind !== "link") return;
    this.#links -= 1;
    peer.link.lost(`The connection of ${peer.link.peer} ended without a good-bye`);
  }

  #greet(id: Buffer, frames: readonly Buffer[]): void {
    const who = readHello(frames);
    if (who === null) {
      this.#cut(id);
      return this.#handler.stranger();
    }
    if (this.#links >= MAX_LINKS) {
      this.#peers.set(id.toString("latin1"), { kind: "parted" });
      return this.#send(id, fullFrames());
    }
    const name = id.toString("latin1");
    const link = new ZmqLink(who, {
      transmit: (parts) => this.#send(id, parts),
      leave: () => this.#part(name),
      cut: () => {
        this.#part(name);
        this.#peers.delete(name);
        this.#cut(id);
      },
    });
    this.#links += 1;
    this.#peers.set(name, { kind: "link", link });
    this.#send(id, welcomeFrames(this.keys.map((key) => proofOf(key, id))));
    this.#handler.accepted(link);
  }

  #part(name: string): void {
    if (this.#peers.get(name)?.kind !== "link") return;
    this.#links -= 1;
    this.#peers.set(name, { kind: "parted" });
  }

  #send(id: Buffer, frames: readonly (string | Uint8Array)[]): void {
    if (!this.#socket.closed) this.#socket.send([id, ...frames]).catch(ignoreLost);
  }

  /**
   * A ROUTER cannot end a connection, but it hands a name over to whoever comes with it later, and reads no more from the one
   * who had it. That connection stands still then, costs nothing, and ends when its signs of life are not heard.
   */
  #cut(id: Buffer): void {
    const impostor = new NamedDealer(this.#context, id);
    impostor.connect(SIDE_DOOR);
    impostor.close();
  }
}
