/** What stands on an anchor, as the tree and the dispatcher see it. */
import type { IncomingCall } from "../../circuit/conversation.js";
import type { ElementKind, MethodName, MethodResult, ReadParams } from "../../wire/circuit/contract.js";

/**
 * Carries out one call. What it returns is the result; a CircuitError it throws is the answer; anything else it throws is a fault
 * of ours: logged as such, and answered with `internal`. Streams are those of the call, and `call.signal` tells when to give up.
 */
export type Handler<M extends MethodName> = (call: IncomingCall, params: ReadParams<M>) => Promise<MethodResult<M>>;

/** Methods that an element may have of its own; the others are the tree's and the server's. */
export type ElementMethod =
  "wait" | "signal" | "stdin" | "output" | "send" | "recv" | "send.many" | "recv.many" | "close" | "set" | "unset" | "profile" | "suicide";

export type ElementHandlers = { readonly [M in ElementMethod]?: Handler<M> };

export interface Element {
  readonly kind: ElementKind;
  /** Of this one element, never used again; not its path. */
  readonly id: string;
  readonly handlers: ElementHandlers;
  /** What `peek` shows, as the schema of its kind in the contract has it. */
  stat(): Promise<unknown>;
  /** It was taken from its anchor: whoever waits is told `scrubbed`. Never rejects. @param kill end what runs, with its whole tree */
  scrub(kill: boolean): Promise<void>;
}

/** How an element that ends by itself (`Scrub` of a process) leaves its anchor. */
export interface Anchorage {
  /** Removes this element, if it is still there. */
  leave(): void;
}

/** Makes an element; nothing is left where it throws. @throws CircuitError */
export type MakeElement<E extends Element = Element> = (id: string, anchorage: Anchorage) => Promise<E>;
