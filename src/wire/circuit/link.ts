/** A connection between two programs of a circuit, as a port; made real in `zmq/`, and of memory for tests. */
import type { Packet } from "./packet.js";

/** Why a link has ended. `lost` is a connection that broke, `silent` one on which nothing came in time. */
export interface LinkEnd {
  readonly kind: "closed" | "bye" | "lost" | "silent" | "violation";
  readonly message: string;
}

export interface LinkHandler {
  packet(packet: Packet): void;
  /** Called once; nothing comes after it. */
  ended(end: LinkEnd): void;
}

export interface Link {
  /** The other end for messages and logs, such as `tcp://10.0.0.2:40112`. */
  readonly peer: string;
  /** Begins to hand over what comes; what came before is kept until then. */
  start(handler: LinkHandler): void;
  /**
   * Never blocks and never throws. What is sent within one turn of the event loop leaves together. The amount that waits
   * is bounded by the credit of the calls, not here. The bytes of a body are not copied, and must not be changed afterwards.
   */
  send(packet: Packet): void;
  /** Says good-bye and ends; the own handler is told `closed`. */
  close(reason: string): void;
}

/** A key of the cluster as it was read from a file: secret bytes. The first of a list is used, all are accepted. */
export type ClusterKey = Uint8Array;

export interface LinkOptions {
  /** None: no encryption and no authentication, for loopback alone. */
  readonly keys: readonly ClusterKey[];
  /** Milliseconds of silence after which a link is `silent`. */
  readonly silence: number;
}

/** Why no link came about. `refused-key`: somebody is there who has another key, or none. */
export interface DialFailure {
  readonly kind: "unreachable" | "refused-key" | "timeout" | "cancelled";
  /** What was attempted and what to do. */
  readonly message: string;
}

export interface Listener {
  /** With the port that was bound. */
  readonly endpoint: string;
  /** Changes the keys for new links; what stands goes on. */
  rekey(keys: readonly ClusterKey[]): Promise<void>;
  close(): Promise<void>;
}

export interface ListenerHandler {
  accepted(link: Link): void;
  /** Somebody without the right key, or who does not speak the protocol; at most one call a second is made for the same host. */
  refused(message: string): void;
}

export interface Links {
  /** @throws Error that names the endpoint and the cause, such as one in use */
  listen(endpoint: string, options: LinkOptions, handler: ListenerHandler): Promise<Listener>;
  /** Tries the keys one after the other. @throws DialError */
  dial(endpoint: string, options: LinkOptions & { readonly timeout: number; readonly signal?: AbortSignal }): Promise<Link>;
}

export class DialError extends Error {
  override readonly name = "DialError";
  readonly kind: DialFailure["kind"];

  constructor({ kind, message }: DialFailure) {
    super(message);
    this.kind = kind;
  }
}
