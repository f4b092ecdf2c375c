/** Calls over a link, in both directions. */
import type { Clock, Log } from "../core/ports.js";
import { fitsHead } from "../wire/circuit/answer.js";
import type { MethodName, MethodResult, Params } from "../wire/circuit/contract.js";
import { CircuitError } from "../wire/circuit/errors.js";
import type { Link, LinkEnd } from "../wire/circuit/link.js";
import { MAX_PART, type Open } from "../wire/circuit/packet.js";
import { Aborts } from "./aborts.js";
import type { Call, Conversation, IncomingCall, OpenOptions } from "./conversation.js";
import { Incoming } from "./incoming.js";
import type { Line } from "./line.js";
import { OutgoingCall } from "./outgoing.js";
import { relay } from "./relay.js";
import { Switchboard } from "./switchboard.js";

export interface ConverseOptions {
  readonly clock: Pick<Clock, "now" | "after" | "yield">;
  /** Answers what the other side asks; what it throws fails that call. */
  readonly onCall: (incoming: IncomingCall) => void;
  readonly log?: Pick<Log, "error" | "warning">;
  /** Calls of the other side that may be open at once; what is beyond is refused with `overload`. @default 10,000 */
  readonly limit?: number;
}

/** Milliseconds for a call whose opener did not say. */
export const DEFAULT_DEADLINE = 30_000;

const DEFAULT_LIMIT = 10_000;
const NO_BYTES = new Uint8Array(0);

/**
 * Begins a conversation over a link that was made a moment ago.
 * @example `const conversation = converse(link, { clock, onCall: (incoming) => incoming.reply({}) })`
 */
export function converse(link: Link, options: ConverseOptions): Conversation {
  return new LinkConversation(link, options);
}

class LinkConversation implements Conversation {
  readonly peer: string;
  readonly #lines: Switchboard;
  readonly #aborts = new Aborts();
  readonly #options: ConverseOptions;

  constructor(link: Link, options: ConverseOptions) {
    const { clock, log = null, limit = DEFAULT_LIMIT } = options;
    this.peer = link.peer;
    this.#options = options;
    this.#lines = new Switchboard(link, { clock, log, limit, onOpen: (line, open) => this.#answer(line, open) });
    // Not at once: whoever makes the conversation has it in hand before its first call comes.
    queueMicrotask(() => link.start(this.#lines));
  }

  get end(): LinkEnd | null {
    return this.#lines.end;
  }

  get isIdle(): boolean {
    return this.#lines.isIdle;
  }

  get ended(): Promise<LinkEnd> {
    return this.#lines.whenEnded;
  }

  open<M extends MethodName>(method: M, params: Params<M>, options: OpenOptions = {}): Call<M> {
    const { deadline = DEFAULT_DEADLINE, signal, to = null, body = NO_BYTES, ended = true } = options;
    // First of all, since it throws for what has no form in JSON.
    const fits = fitsHead(params);
    const line = this.#lines.line(method, deadline === null ? Infinity : this.#lines.now + deadline);
    const call = new OutgoingCall(line, { method, signal, aborts: this.#aborts });
    if (signal?.aborted === true) fail(line, new CircuitError("cancelled", `"${method}" was cancelled`));
    else if (!fits) {
      fail(line, new CircuitError("invalid", `Cannot ask for "${method}": its parameters are too large for one packet`));
    } else {
      const first = body.length <= MAX_PART ? body : body.subarray(0, MAX_PART);
      const whole = ended && first === body;
      call.opened(first, whole);
      this.#lines.open(line, { kind: "open", call: line.call, method, params, deadline, to, body: first, ended: whole });
      // Should the call fail before all of it is sent, its result tells.
      if (first !== body) call.send({ body: body.subarray(first.length) }).catch(() => undefined);
      if (ended) call.end();
    }
    return call;
  }

  ask<M extends MethodName>(method: M, params: Params<M>, options?: OpenOptions): Promise<MethodResult<M>> {
    return this.open(method, params, options).result;
  }

  relay(incoming: IncomingCall): void {
    if (!(incoming instanceof Incoming)) return incoming.fail("internal", "internal: only calls of a conversation can be handed on");
    const lines = this.#lines;
    relay(incoming, { line: lines.line(incoming.method, Infinity), now: lines.now, open: (line, open) => lines.open(line, open) });
  }

  close(reason: string): void {
    this.#lines.close(reason);
  }

  #answer(line: Line, open: Open): string | null {
    const incoming = new Incoming(open, { line, conversation: this });
    const fault = line.hearOpening(open);
    if (fault !== null) return fault;
    try {
      this.#options.onCall(incoming);
    } catch (error) {
      this.#options.log?.error(`Internal error in "${open.method}" for "${this.peer}": ${String(error)}`);
      incoming.fail("internal", `The server failed at "${open.method}": ${String(error)}`);
    }
    return null;
  }
}

function fail(line: Line, error: CircuitError): void {
  line.close({ kind: "error", error });
}
