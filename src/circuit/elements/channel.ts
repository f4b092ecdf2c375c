/** A channel on some host, as a client has it: messages in order, each to one receiver. */
import { channelStatSchema } from "../../wire/circuit/contract.js";
import type { ChannelStat } from "../../wire/circuit/values.js";
import { MAX_PART } from "../../wire/circuit/packet.js";
import { ReceivedMessage, type Message } from "../message.js";
import { explained, type CallOptions, type ScrubOptions, type Seat } from "../place.js";
import { prefetched } from "../prefetch.js";
import { Sender } from "../sender.js";
import { bytesOf, isChunk, sendSource, type Chunk, type Source } from "../source.js";

const WHAT = "the channel";

export interface ReceiveOptions extends CallOptions {
  /** The message is acknowledged by its `acknowledge()` and by nothing else. @default false */
  readonly manual?: boolean;
}

export interface MessagesOptions extends CallOptions {
  /** Messages that may be on their way to this receiver, unacknowledged. @default 100 */
  readonly ahead?: number;
}

/** Made by `anchor.makeChan()`, or got by `anchor.get()`. */
export class Channel implements AsyncIterable<Message> {
  readonly kind = "channel";
  readonly #seat: Seat;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  /** Where it stands: `/X…/a/b`. */
  get path(): string {
    return this.#seat.place.path;
  }

  /**
   * Sends one message, which may be a stream. Resolves when it is in the channel's buffer, or was acknowledged by a receiver.
   * @throws CircuitError `closed` when the channel is; what the source throws, and then nobody receives it
   * @example `await channel.send("hello")`
   */
  async send(source: Source, options?: CallOptions): Promise<void> {
    const what = `send to ${this.#seat.named(WHAT)}`;
    const request = { what, method: "send", params: this.#seat.at } as const;
    if (isChunk(source)) {
      const body = bytesOf(source);
      // A short message goes with the call itself.
      if (body.length <= MAX_PART) {
        await this.#seat.place.ask(request, { deadline: null, ...options, body, ended: true });
        return;
      }
    }
    const call = await this.#seat.place.open(request, { deadline: null, ...options });
    try {
      await sendSource(call, source);
      call.end();
      await call.result;
    } catch (cause) {
      throw explained(cause, what);
    }
  }

  /**
   * Sends many messages over one call, without waiting for each.
   * @returns how many there were, all of them safe
   * @throws CircuitError where one is not; what the source throws
   */
  async sendAll(messages: Iterable<Chunk> | AsyncIterable<Chunk>, options?: CallOptions): Promise<number> {
    await using sender = await this.sender(options);
    for await (const message of messages) await sender.push(message);
    return await sender.close();
  }

  /** A way to send many messages, one after the other. */
  async sender(options?: CallOptions): Promise<Sender> {
    const what = `send to ${this.#seat.named(WHAT)}`;
    const call = await this.#seat.place.open({ what, method: "send.many", params: this.#seat.at }, { deadline: null, ...options });
    return new Sender(call, what);
  }

  /** Waits for one message. @throws CircuitError `closed` when the channel is closed and empty, `scrubbed` when it is taken away */
  async receive({ manual: isManual = false, ...options }: ReceiveOptions = {}): Promise<ReceivedMessage> {
    const what = `receive from ${this.#seat.named(WHAT)}`;
    const call = await this.#seat.place.open({ what, method: "recv", params: this.#seat.at }, { deadline: null, ...options });
    try {
      return await ReceivedMessage.take(call, { what, isManual });
    } catch (cause) {
      throw explained(cause, what);
    }
  }

  /**
   * All messages until the channel is closed and empty. One is acknowledged when the next is asked for, or by its
   * `acknowledge()`; leaving the loop gives back what was not.
   */
  async *messages({ ahead = 100, ...options }: MessagesOptions = {}): AsyncGenerator<Message, void, undefined> {
    const what = `receive from ${this.#seat.named(WHAT)}`;
    const request = { what, method: "recv.many", params: { ...this.#seat.at, ahead } } as const;
    try {
      yield* prefetched(await this.#seat.place.open(request, { deadline: null, ...options }));
    } catch (cause) {
      throw explained(cause, what);
    }
  }

  /** @example `for await (const message of channel) console.log(await message.text())` */
  [Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    return this.messages();
  }

  /** Takes no more messages; what is in it can still be received. @throws CircuitError `closed` when it was before */
  async close(options?: CallOptions): Promise<void> {
    await this.#seat.place.ask({ what: `close ${this.#seat.named(WHAT)}`, method: "close", params: this.#seat.at }, options);
  }

  /** How it is now. */
  async peek(options?: CallOptions): Promise<ChannelStat> {
    return this.#seat.peek(WHAT, channelStatSchema, options);
  }

  /** Takes it from its anchor, with the messages in it; who waits is told so. @returns whether it was there */
  async scrub(options?: ScrubOptions): Promise<boolean> {
    return this.#seat.scrub(WHAT, options);
  }
}
