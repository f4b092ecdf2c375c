/**
 * One side's end of one call as packets: it keeps the account of the credit in both directions and knows whether the call
 * still stands. What is done with the packets is its handler's business: a call that somebody made, one that somebody
 * answers, or a relay.
 */
import type { Millis } from "../core/ports.js";
import { CircuitError } from "../wire/circuit/errors.js";
import { costOf, WINDOW, type Open, type Packet, type Part } from "../wire/circuit/packet.js";
import type { Due } from "./deadlines.js";

/** How a call has ended. */
export type Closing = { readonly kind: "result"; readonly value: unknown } | { readonly kind: "error"; readonly error: CircuitError };

export interface LineHandler {
  data(part: Part, cost: number): void;
  /** The other side sends no more data. */
  dataEnded(): void;
  /** The other side has used so much of what it was sent. */
  credited(bytes: number): void;
  /** Called once, whoever ended it; nothing comes after it. */
  closed(closing: Closing): void;
}

/** The conversation, as its lines see it. */
export interface LineOwner {
  send(packet: Packet): void;
  /** @param parting the packet that ended it from this side */
  closed(line: Line, parting: Packet | null): void;
  /** Runs it once everything that has arrived by now was handed out. */
  later(run: () => void): void;
}

export interface LineOptions {
  readonly call: number;
  /** Whether this side has opened the call. */
  readonly mine: boolean;
  readonly method: string;
  readonly owner: LineOwner;
  /** Infinity waits for ever. */
  readonly due: Millis;
}

/** What is used is credited when it amounts to so much. No part costs more, so that a sender is never stuck. */
export const CREDIT_BATCH = WINDOW / 2;

const DEAF: LineHandler = { data: () => undefined, dataEnded: () => undefined, credited: () => undefined, closed: () => undefined };

export class Line implements Due {
  readonly call: number;
  readonly mine: boolean;
  readonly method: string;
  readonly due: Millis;
  readonly #owner: LineOwner;
  #handler = DEAF;
  #closing: Closing | null = null;
  /** What this side may send, and the other one. */
  #room = WINDOW;
  #granted = WINDOW;
  /** What was used of the other side's data, and is not credited yet. */
  #used = 0;
  #flushing = false;
  #saidAll = false;
  #heardAll = false;

  constructor({ call, mine, method, owner, due }: LineOptions) {
    this.call = call;
    this.mine = mine;
    this.method = method;
    this.due = due;
    this.#owner = owner;
  }

  handOverTo(handler: LineHandler): void {
    this.#handler = handler;
  }

  /** Null while the call stands. */
  get closing(): Closing | null {
    return this.#closing;
  }

  /** How much may be sent at the moment. */
  get room(): number {
    return this.#room;
  }

  /** Counts the data that goes out with the opening of the call. */
  opened(cost: number, ended: boolean): void {
    this.#room -= cost;
    this.#saidAll = ended;
  }

  /** There has to be room for it. */
  data(part: Part, cost: number): void {
    if (this.#closing !== null || this.#saidAll) return;
    this.#room -= cost;
    this.#owner.send({ kind: "data", call: this.call, mine: this.mine, part });
  }

  end(): void {
    if (this.#closing !== null || this.#saidAll) return;
    this.#saidAll = true;
    this.#owner.send({ kind: "end", call: this.call, mine: this.mine });
  }

  /** Counts what was used; it is credited in large amounts. */
  use(cost: number): void {
    this.#used += cost;
    if (this.#used >= CREDIT_BATCH) this.flush();
  }

  /** Credits what was used. */
  flush(): void {
    if (this.#used === 0 || this.#closing !== null) return;
    const bytes = this.#used;
    this.#used = 0;
    this.#granted += bytes;
    if (this.#isCreditWanted) this.#owner.send({ kind: "credit", call: this.call, mine: this.mine, bytes });
  }

  /** Credits what was used when nothing more comes at the moment. */
  flushSoon(): void {
    if (this.#flushing || this.#used === 0 || !this.#isCreditWanted) return;
    this.#flushing = true;
    this.#owner.later(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  /** Runs it once everything that has arrived by now was handed out. */
  soon(run: () => void): void {
    this.#owner.later(run);
  }

  /** The opener of a call learns from its answer that its data was used: it needs credit only in order to send more. */
  get #isCreditWanted(): boolean {
    return this.mine || !this.#heardAll;
  }

  /** Ends the call, with a last packet where the other side is to be told. */
  close(closing: Closing, parting: Packet | null = null): void {
    if (this.#closing !== null) return;
    if (parting !== null) {
      if (this.mine) this.flush();
      this.#owner.send(parting);
    }
    this.#closing = closing;
    this.#owner.closed(this, parting);
    this.#handler.closed(closing);
  }

  /** Gives up a call that this side has opened. */
  cancel(error: CircuitError): void {
    this.close({ kind: "error", error }, { kind: "cancel", call: this.call, reason: error.message });
  }

  /** Answers a call that the other side has opened. */
  answer(closing: Closing): void {
    const { call } = this;
    if (closing.kind === "result") this.close(closing, { kind: "result", call, value: closing.value });
    else this.close(closing, { kind: "error", call, code: closing.error.code, message: closing.error.message });
  }

  expire(): void {
    const error = new CircuitError("deadline", `"${this.method}" was not done before its deadline`);
    if (this.mine) this.cancel(error);
    else this.answer({ kind: "error", error });
  }

  /** What came with the opening of the call. @returns what is wrong with it; null where nothing is */
  hearOpening({ body, ended }: Pick<Open, "body" | "ended">): string | null {
    const fault = body.length > 0 ? this.hearData({ body }) : null;
    return fault ?? (ended ? this.hearEnd() : null);
  }

  hearData(part: Part): string | null {
    const cost = costOf(part);
    if (this.#heardAll) return "data after its end";
    if (cost > this.#granted) return "more data than was granted";
    this.#granted -= cost;
    this.#handler.data(part, cost);
    return null;
  }

  hearEnd(): string | null {
    if (this.#heardAll) return "a second end of the data";
    this.#heardAll = true;
    this.#handler.dataEnded();
    return null;
  }

  hearCredit(bytes: number): string | null {
    if (this.#room + bytes > WINDOW) return "credit for more than was sent";
    this.#room += bytes;
    this.#handler.credited(bytes);
    return null;
  }
}
