/** The lines of one link: tells whose packets they are, and watches that the other side keeps to the protocol. */
import type { Clock, Log, Millis } from "../core/ports.js";
import { CircuitError, ERROR_CODES, type ErrorCode } from "../wire/circuit/errors.js";
import type { Link, LinkEnd, LinkHandler } from "../wire/circuit/link.js";
import type { Open, Packet } from "../wire/circuit/packet.js";
import { Deadlines } from "./deadlines.js";
import { Line, type Closing, type LineOwner } from "./line.js";

export interface SwitchboardOptions {
  readonly clock: Pick<Clock, "now" | "after" | "yield">;
  readonly log: Pick<Log, "error" | "warning"> | null;
  /** Calls of the other side that may be open at once. */
  readonly limit: number;
  /** The other side has opened a call. @returns what is wrong with it; null where nothing is */
  readonly onOpen: (line: Line, open: Open) => string | null;
}

export class Switchboard implements LineOwner, LinkHandler {
  readonly whenEnded: Promise<LinkEnd>;
  readonly #link: Link;
  readonly #options: SwitchboardOptions;
  readonly #deadlines: Deadlines;
  /** Calls that this side has opened, and those of the other. */
  readonly #mine = new Map<number, Line>();
  readonly #theirs = new Map<number, Line>();
  /** Calls that this side has given up and the other has not answered yet. */
  readonly #cancelled = new Set<number>();
  #lastMine = 0;
  #lastTheirs = 0;
  #later: (() => void)[] = [];
  #end: LinkEnd | null = null;
  #resolveEnded: (end: LinkEnd) => void = () => undefined;

  constructor(link: Link, options: SwitchboardOptions) {
    this.#link = link;
    this.#options = options;
    this.#deadlines = new Deadlines(options.clock);
    this.whenEnded = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  /** Null while the link stands. */
  get end(): LinkEnd | null {
    return this.#end;
  }

  /** No call of either side is open. */
  get isIdle(): boolean {
    return this.#mine.size === 0 && this.#theirs.size === 0;
  }

  get now(): Millis {
    return this.#options.clock.now();
  }

  /** A line for a call that is not open yet. */
  line(method: string, due: Millis): Line {
    this.#lastMine += 1;
    return new Line({ call: this.#lastMine, mine: true, method, owner: this, due });
  }

  open(line: Line, packet: Open): void {
    if (this.#end !== null) return line.close(this.#lost(this.#end));
    this.#mine.set(line.call, line);
    if (line.due < Infinity) this.#deadlines.add(line);
    this.#link.send(packet);
  }

  close(reason: string): void {
    this.ended({ kind: "closed", message: reason });
    this.#link.close(reason);
  }

  send(packet: Packet): void {
    if (this.#end === null) this.#link.send(packet);
  }

  closed(line: Line, parting: Packet | null): void {
    this.#deadlines.delete(line);
    (line.mine ? this.#mine : this.#theirs).delete(line.call);
    if (parting?.kind === "cancel" && this.#end === null) this.#cancelled.add(line.call);
  }

  later(run: () => void): void {
    this.#later.push(run);
    if (this.#later.length === 1) void this.#options.clock.yield().then(() => this.#runLater());
  }

  packet(packet: Packet): void {
    if (this.#end !== null) return;
    try {
      const fault = this.#handle(packet);
      if (fault !== null) this.#violated(fault);
    } catch (error) {
      this.#options.log?.error(`Internal error with a packet "${packet.kind}" from "${this.#link.peer}": ${String(error)}`);
    }
  }

  ended(end: LinkEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    if (end.kind === "violation") this.#options.log?.warning(`Closing the connection to "${this.#link.peer}": ${end.message}`);
    const closing = this.#lost(end);
    for (const lines of [this.#mine, this.#theirs]) for (const line of [...lines.values()]) line.close(closing);
    this.#deadlines.close();
    this.#cancelled.clear();
    this.#resolveEnded(end);
  }

  /** @returns what is wrong with it; null where nothing is */
  #handle(packet: Packet): string | null {
    switch (packet.kind) {
      case "open":
        return this.#opened(packet);
      case "data":
        return this.#with(packet, (line) => line.hearData(packet.part));
      case "end":
        return this.#with(packet, (line) => line.hearEnd());
      case "credit":
        return this.#with(packet, (line) => line.hearCredit(packet.bytes));
      case "result":
        return this.#answered(packet.call, { kind: "result", value: packet.value });
      case "error":
        return this.#answered(packet.call, { kind: "error", error: new CircuitError(codeOf(packet.code), packet.message) });
      case "cancel":
        return this.#with({ ...packet, mine: true }, (line) => {
          line.answer({ kind: "error", error: new CircuitError("cancelled", packet.reason) });
          return null;
        });
      case "bye":
        return null;
    }
  }

  #opened(open: Open): string | null {
    const { call, method, deadline } = open;
    if (call <= this.#lastTheirs) return `call ${call} was opened before, or is none`;
    this.#lastTheirs = call;
    if (this.#theirs.size >= this.#options.limit) {
      const message = `Cannot do "${method}": ${this.#options.limit} calls of this connection are open already`;
      this.#link.send({ kind: "error", call, code: "overload", message });
      return null;
    }
    const line = new Line({ call, mine: false, method, owner: this, due: deadline === null ? Infinity : this.now + deadline });
    this.#theirs.set(call, line);
    if (line.due < Infinity) this.#deadlines.add(line);
    return this.#options.onOpen(line, open);
  }

  #with({ call, mine }: { readonly call: number; readonly mine: boolean }, hear: (line: Line) => string | null): string | null {
    // Whose call it is is said from the sender's side.
    const line = (mine ? this.#theirs : this.#mine).get(call);
    if (line !== undefined) return hear(line);
    // It may have been on its way when the call was ended here; an answer of the other side is the last that comes.
    const isLate = mine ? call <= this.#lastTheirs : this.#cancelled.has(call);
    return isLate ? null : `a packet for call ${call}, which is not open`;
  }

  #answered(call: number, closing: Closing): string | null {
    if (this.#cancelled.delete(call)) return null;
    return this.#with({ call, mine: false }, (line) => {
      line.close(closing);
      return null;
    });
  }

  #violated(what: string): void {
    const message = `The other side broke the protocol: ${what}`;
    this.ended({ kind: "violation", message });
    this.#link.close(message);
  }

  #lost(end: LinkEnd): Closing {
    return { kind: "error", error: new CircuitError("lost", `The connection to "${this.#link.peer}" has ended: ${end.message}`) };
  }

  #runLater(): void {
    for (const run of this.#later.splice(0)) run();
  }
}

function codeOf(text: string): ErrorCode {
  return ERROR_CODES.find((code) => code === text) ?? "internal";
}
