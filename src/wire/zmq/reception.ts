/** Who is at the listening end of links, by routing id: takes every message, and makes a link of whoever says hello. */
import type { Router } from "zeromq";
import type { ClusterKey, Link } from "../circuit/link.js";
import { proofOf } from "./curve.js";
import { fullFrames, readHello, welcomeFrames } from "./greeting.js";
import { LINGER } from "./sockets.js";
import { ZmqLink } from "./zmq-link.js";

/** Links at once. */
const MAX_LINKS = 4096;

export interface ReceptionHandler {
  accepted(link: Link): void;
  /** Somebody spoke who did not say hello. */
  stranger(): void;
}

/**
 * A ROUTER cannot end a connection. So a peer that has parted, or was never let in, is known until its connection has ended, and
 * what it still sends is dropped.
 */
type Peer = { readonly kind: "link"; readonly link: ZmqLink } | { readonly kind: "parted" } | { readonly kind: "stranger" };

export class Reception {
  readonly #socket: Router;
  readonly #handler: ReceptionHandler;
  readonly #peers = new Map<string, Peer>();
  #links = 0;
  #whenEmpty: (() => void) | null = null;
  keys: readonly ClusterKey[];

  constructor(socket: Router, keys: readonly ClusterKey[], handler: ReceptionHandler) {
    this.#socket = socket;
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

  /** Says good-bye to everybody, and waits until they have gone: what has not left when the socket is closed is lost. */
  async closeAll(reason: string): Promise<void> {
    for (const peer of [...this.#peers.values()]) if (peer.kind === "link") peer.link.close(reason);
    if (this.#isEmpty) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LINGER);
      this.#whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  get #isEmpty(): boolean {
    return ![...this.#peers.values()].some(({ kind }) => kind === "parted");
  }

  #gone(name: string): void {
    const peer = this.#peers.get(name);
    this.#peers.delete(name);
    if (this.#whenEmpty !== null && this.#isEmpty) this.#whenEmpty();
    if (peer?.kind !== "link") return;
    this.#links -= 1;
    peer.link.lost(`The connection of ${peer.link.peer} ended without a good-bye`);
  }

  #greet(id: Buffer, frames: readonly Buffer[]): void {
    const name = id.toString("latin1");
    const who = readHello(frames);
    if (who === null || this.#links >= MAX_LINKS) {
      this.#peers.set(name, { kind: "stranger" });
      return who === null ? this.#handler.stranger() : this.#send(id, fullFrames());
    }
    const link = new ZmqLink(who, { transmit: (parts) => this.#send(id, parts), part: () => this.#part(name) });
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

  /** A message for somebody who is not there fails; the news of it may have been lost where too much waited to be read. */
  #send(id: Buffer, frames: readonly (string | Uint8Array)[]): void {
    if (!this.#socket.closed) this.#socket.send([id, ...frames]).catch(() => setImmediate(() => this.#gone(id.toString("latin1"))));
  }
}
