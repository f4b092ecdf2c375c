/**
 * Calls that an element is busy with. Each ends by itself, when its caller goes away, or when the element is scrubbed,
 * and whatever it waits for is left then.
 */
import type { IncomingCall } from "../../circuit/conversation.js";
import { CircuitError } from "../../wire/circuit/errors.js";

export class Visit {
  readonly call: IncomingCall;
  #end: CircuitError | null = null;
  readonly #waiting = new Set<(end: CircuitError) => void>();

  constructor(call: IncomingCall) {
    this.call = call;
  }

  /** Waits for a fact, or until the visit is stopped. @throws what the fact does, and the CircuitError that stopped the visit */
  until<T>(fact: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      // The fact is listened to in any case, as it may fail later on when nobody waits for it any more.
      const stop = (end: CircuitError): void => reject(end);
      fact.then(
        (value) => {
          this.#waiting.delete(stop);
          resolve(value);
        },
        (cause: unknown) => {
          this.#waiting.delete(stop);
          reject(cause instanceof Error ? cause : new Error(String(cause)));
        },
      );
      if (this.#end === null) this.#waiting.add(stop);
      else reject(this.#end);
    });
  }

  /** Whoever waits, and whoever will, is told; the first reason counts. */
  stop(end: CircuitError): void {
    if (this.#end !== null) return;
    this.#end = end;
    for (const tell of this.#waiting) tell(end);
    this.#waiting.clear();
  }
}

/** All visits of one element. */
export class Visits {
  readonly #visits = new Set<Visit>();
  #end: CircuitError | null = null;

  /** Works on a call until the work is done or the visit is stopped. @throws what the work throws */
  async run<T>(call: IncomingCall, work: (visit: Visit) => Promise<T>): Promise<T> {
    if (this.#end !== null) throw this.#end;
    const visit = new Visit(call);
    const leave = (): void => visit.stop(departure(call));
    this.#visits.add(visit);
    call.signal.addEventListener("abort", leave);
    try {
      if (call.signal.aborted) leave();
      return await work(visit);
    } finally {
      call.signal.removeEventListener("abort", leave);
      this.#visits.delete(visit);
    }
  }

  /** Stops all visits, and those to come. */
  stop(end: CircuitError): void {
    this.#end ??= end;
    for (const visit of [...this.#visits]) visit.stop(end);
  }
}

function departure(call: IncomingCall): CircuitError {
  const reason: unknown = call.signal.reason;
  return reason instanceof CircuitError ? reason : new CircuitError("cancelled", `The caller of "${call.method}" has gone away`);
}
