/** One element on an anchor of its own, and clients that call it over links of memory. */
import { converse } from "../../src/circuit/converse.js";
import type { Call, Conversation, IncomingCall, OpenOptions } from "../../src/circuit/conversation.js";
import type { Anchorage, Element, ElementHandlers } from "../../src/cluster/elements/element.js";
import type { Clock } from "../../src/core/ports.js";
import type { MethodResult, Params, ReadParams } from "../../src/wire/circuit/contract.js";
import { CircuitError } from "../../src/wire/circuit/errors.js";
import { readParams } from "../../src/wire/circuit/params.js";
import { MemoryNetwork } from "../../src/wire/memory/links.js";

type Served = "wait" | "signal" | "stdin" | "output";
type Unplaced<M extends Served> = Omit<Params<M>, "path" | "element">;

/** What a client reads of a stream: its text, and the numbers of bytes that were dropped on the way. */
export interface Heard {
  text: string;
  bytes: number;
  readonly gaps: number[];
}

const ENDPOINT = "tcp://server:1";
const FAST = { keys: [], silence: 60_000 };

export class ElementStage {
  /** Whether the element has left its anchor by itself. */
  left = false;
  readonly anchorage: Anchorage;
  readonly #clock: Clock;
  readonly #network: MemoryNetwork;
  #element: Element | null = null;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#network = new MemoryNetwork(clock);
    this.anchorage = {
      leave: () => {
        this.left = true;
        void this.#element?.scrub(false);
      },
    };
  }

  /** @example `const stage = await ElementStage.open(clock); stage.place(await make(command, "1", stage.anchorage))` */
  static async open(clock: Clock): Promise<ElementStage> {
    const stage = new ElementStage(clock);
    await stage.#network.host("server").listen(ENDPOINT, FAST, {
      accepted: (link) => void converse(link, { clock, onCall: (call) => void stage.#answer(call) }),
      refused: () => undefined,
    });
    return stage;
  }

  place(element: Element): void {
    this.#element = element;
  }

  async dial(): Promise<Client> {
    const link = await this.#network.host("client").dial(ENDPOINT, { ...FAST, timeout: 5_000 });
    return new Client(converse(link, { clock: this.#clock, onCall: (call) => call.fail("unknown-method", "a client") }));
  }

  async #answer(call: IncomingCall): Promise<void> {
    try {
      call.reply(await serve(this.#element?.handlers ?? {}, call));
    } catch (error) {
      if (error instanceof CircuitError) call.fail(error.code, error.message);
      else call.fail("internal", String(error));
    }
  }
}

export class Client {
  readonly conversation: Conversation;

  constructor(conversation: Conversation) {
    this.conversation = conversation;
  }

  open<M extends Served>(method: M, params: Unplaced<M>, options: OpenOptions = {}): Call<M> {
    // The compiler cannot see that the two are all that was left out.
    const whole: object = { path: ["p"], ...params };
    return this.conversation.open(method, whole as Params<M>, { deadline: null, ...options });
  }

  ask<M extends Served>(method: M, params: Unplaced<M>): Promise<MethodResult<M>> {
    return this.open(method, params).result;
  }

  /** Reads a stream to its end. */
  async read(params: Unplaced<"output">): Promise<Heard> {
    return hear(this.open("output", params));
  }

  /** Writes to stdin, in one call. */
  async write(text: string, { keep = false } = {}): Promise<void> {
    await this.open("stdin", { keep }, { body: Buffer.from(text) }).result;
  }
}

/** All that a call brings, until it ends. @throws CircuitError where it fails */
export async function hear(call: Call<"output">, heard: Heard = { text: "", bytes: 0, gaps: [] }): Promise<Heard> {
  for await (const { value, body } of call.parts()) {
    if (typeof value === "object" && value !== null && "dropped" in value) heard.gaps.push(Number(value.dropped));
    heard.bytes += body.length;
    if (heard.bytes < 1_000_000) heard.text += Buffer.from(body).toString("latin1");
  }
  await call.result;
  return heard;
}

async function serve(handlers: ElementHandlers, call: IncomingCall): Promise<unknown> {
  switch (call.method) {
    case "wait":
      return handlers.wait?.(call, read("wait", call));
    case "signal":
      return handlers.signal?.(call, read("signal", call));
    case "stdin":
      return handlers.stdin?.(call, read("stdin", call));
    case "output":
      return handlers.output?.(call, read("output", call));
    default:
      throw new CircuitError("unknown-method", call.method);
  }
}

function read<M extends Served>(method: M, { params }: IncomingCall): ReadParams<M> {
  const found = readParams(method, params);
  if (!found.ok) throw new CircuitError("invalid", found.failure);
  return found.value;
}
