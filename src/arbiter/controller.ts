/**
 * Takes requests from the wire, has them carried out and answers. Whatever comes in, nothing but an answer
 * goes out: a fault of ours becomes an error reply that begins with "internal:".
 */
import type { AddedCommand, Clock, Log } from "../core/ports.js";
import { CommandError, ERRNO, type CommandName, type Commands, type Request } from "../wire/contract.js";
import { errorReply, okReply } from "../wire/reply.js";
import { decodeRequest, type ForeignRequest, type Refusal } from "../wire/request.js";
import type { Incoming } from "../wire/transport.js";
import { carryOut } from "./added-commands.js";
import type { Control } from "./control.js";

/** What a handler makes of a command: an answer, or work that a client may wait for. */
export type Outcome<R> =
  | { readonly kind: "done"; readonly reply: R }
  /** Without `waiting` the answer is an immediate, empty ok; a later failure is logged. */
  | { readonly kind: "working"; readonly done: Promise<R> };

/** Checks the request against what there is, throwing CommandError, then does it or begins to. */
export type Handler<C extends CommandName> = (
  arbiter: Control,
  properties: Commands[C]["properties"],
) => Outcome<Commands[C]["reply"]> | Promise<Outcome<Commands[C]["reply"]>>;

/** A command without a handler does not compile. */
export type Handlers = { readonly [C in CommandName]: Handler<C> };

/** Commands that only look, and the one that ends: they are answered at any time. */
const ALWAYS: ReadonlySet<CommandName> = new Set([
  "commands",
  "dstats",
  "get",
  "globaloptions",
  "ipython",
  "list",
  "listen",
  "listsockets",
  "members",
  "numprocesses",
  "numwatchers",
  "options",
  "quit",
  "relay",
  "stats",
  "status",
  "tail",
]);

export interface ControllerParts {
  readonly arbiter: Control;
  readonly handlers: Handlers;
  readonly log: Log;
  readonly clock: Clock;
}

/** What of a request its answer depends on. */
type Asked = Pick<ForeignRequest, "command" | "id" | "cast">;

interface Answering {
  readonly respond: (reply: object) => void;
  readonly refuse: (cause: unknown) => void;
}

export class Controller {
  readonly #parts: ControllerParts;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  /** Answers one request. Never throws. */
  take(incoming: Incoming): void {
    const decoded = decodeRequest(incoming.frames);
    if (decoded.kind === "refused") {
      if (!decoded.cast) this.#refuse(incoming, decoded.reply);
      return;
    }
    const answer = this.#answerTo(decoded.request, incoming);
    if (decoded.kind === "request") return this.#carryOut(decoded.request, answer);
    const { command, properties } = decoded.request;
    const added = this.#parts.arbiter.added.find(command);
    if (added !== null) this.#add(added, properties, answer);
    else if (!decoded.cast) this.#refuse(incoming, decoded.reply);
  }

  #answerTo(request: Asked, incoming: Incoming): Answering {
    return {
      respond: (reply) => {
        if (!request.cast) incoming.respond(okReply(reply, { id: request.id, time: this.#parts.clock.epoch() }));
      },
      refuse: (cause) => {
        const refusal = this.#explain(request, cause);
        if (request.cast) this.#parts.log.warning(`The cast "${request.command}" was refused: ${refusal.reason}`);
        else this.#refuse(incoming, refusal);
      },
    };
  }

  #add(added: AddedCommand, properties: Readonly<Record<string, unknown>>, { respond, refuse }: Answering): void {
    const { refusal } = this.#parts.arbiter;
    if (refusal !== null) return refuse(new CommandError(refusal, ERRNO.conflict));
    carryOut(added, properties).then(respond, refuse);
  }

  #carryOut(request: Request, answer: Answering): void {
    try {
      const outcome = this.#handle(request);
      if (outcome instanceof Promise) outcome.then((late) => this.#conclude(request, late, answer), answer.refuse);
      else this.#conclude(request, outcome, answer);
    } catch (cause) {
      answer.refuse(cause);
    }
  }

  #handle(request: Request): Outcome<object> | Promise<Outcome<object>> {
    const { refusal } = this.#parts.arbiter;
    if (refusal !== null && !ALWAYS.has(request.command)) throw new CommandError(refusal, ERRNO.conflict);
    // The table's type has proved that the handler takes these properties; the union cannot show it.
    const handler = this.#parts.handlers[request.command] as (
      arbiter: Control,
      properties: object,
    ) => Outcome<object> | Promise<Outcome<object>>;
    return handler(this.#parts.arbiter, request.properties);
  }

  #conclude(request: Request, outcome: Outcome<object>, { respond, refuse }: Answering): void {
    if (outcome.kind === "done") return respond(outcome.reply);
    if ("waiting" in request.properties && request.properties.waiting) {
      outcome.done.then(respond, refuse);
      return;
    }
    respond({});
    outcome.done.catch((cause: unknown) => {
      this.#parts.log.error(`The command "${request.command}" failed: ${this.#explain(request, cause).reason}`);
    });
  }

  #explain(request: Asked, cause: unknown): Refusal {
    if (cause instanceof CommandError) return { reason: cause.message, errno: cause.errno, id: request.id };
    const message = cause instanceof Error ? cause.message : String(cause);
    this.#parts.log.error(
      `internal: the command "${request.command}" failed: ${cause instanceof Error ? (cause.stack ?? message) : message}`,
    );
    return { reason: `internal: ${message}`, errno: ERRNO.conflict, id: request.id };
  }

  #refuse(incoming: Incoming, refusal: Refusal): void {
    incoming.respond(errorReply(refusal, this.#parts.clock.epoch()));
  }
}
