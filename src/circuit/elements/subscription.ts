/** A subscription to servers that join, or leave: a queue of their paths on some host, each for one receiver. */
import { subscriptionStatSchema } from "../../wire/circuit/contract.js";
import { CircuitError, type ErrorCode } from "../../wire/circuit/errors.js";
import type { SubscriptionStat } from "../../wire/circuit/values.js";
import { ReceivedMessage } from "../message.js";
import { explained, type CallOptions, type ScrubOptions, type Seat } from "../place.js";

const WHAT = "the subscription";

/** How it is told that there is no such subscription any more. */
const GONE: readonly ErrorCode[] = ["scrubbed", "closed", "no-such-element", "no-such-anchor"];

/** Made by `anchor.makeOnJoin()` and `anchor.makeOnLeave()`, or got by `anchor.get()`. */
export class Subscription<K extends "@join" | "@leave" = "@join" | "@leave"> implements AsyncIterable<string> {
  readonly kind: K;
  readonly #seat: Seat;

  constructor(kind: K, seat: Seat) {
    this.kind = kind;
    this.#seat = seat;
  }

  /** Where it stands: `/X…/a/b`. */
  get path(): string {
    return this.#seat.place.path;
  }

  /** Waits for one event. @returns the path of the server, `/X…` @throws CircuitError `scrubbed` when it is taken away */
  async receive(options?: CallOptions): Promise<string> {
    await using message = await this.take(options);
    const path = await message.text();
    await message.acknowledge();
    return path.trim();
  }

  /** Waits for one event and gives it as a message, which is not gone before its `acknowledge()`. */
  async take(options?: CallOptions): Promise<ReceivedMessage> {
    const what = `receive from ${this.#seat.named(WHAT)}`;
    const call = await this.#seat.place.open({ what, method: "recv", params: this.#seat.at }, { deadline: null, ...options });
    try {
      return await ReceivedMessage.take(call, { what, isManual: true });
    } catch (cause) {
      throw explained(cause, what);
    }
  }

  /** Every event, until it is scrubbed. @example `for await (const path of subscription.events({ signal })) …` */
  async *events(options?: CallOptions): AsyncGenerator<string, void, undefined> {
    for (;;) {
      try {
        yield await this.receive(options);
      } catch (cause) {
        if (cause instanceof CircuitError && GONE.includes(cause.code)) return;
        throw cause;
      }
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    return this.events();
  }

  /** How many events wait. */
  async peek(options?: CallOptions): Promise<SubscriptionStat> {
    return this.#seat.peek(WHAT, subscriptionStatSchema, options);
  }

  /** Ends it and takes it from its anchor. @returns whether it was there */
  async scrub(options?: ScrubOptions): Promise<boolean> {
    return this.#seat.scrub(WHAT, options);
  }
}
