/** Calls that wait for something of an element, so that all of them can be told together that it will not come. */
import { CircuitError } from "../../wire/circuit/errors.js";

export class WaitingCalls {
  readonly #failing = new Set<(error: CircuitError) => void>();

  /** @throws what the promise throws, CircuitError `cancelled` when the caller goes away, and what `fail` is given */
  until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.#failing.delete(failed);
        signal.removeEventListener("abort", gone);
        act();
      };
      const failed = (error: unknown): void => settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      const gone = (): void => failed(new CircuitError("cancelled", "The caller has gone away"));
      this.#failing.add(failed);
      signal.addEventListener("abort", gone);
      promise.then((value) => settle(() => resolve(value)), failed);
      if (signal.aborted) gone();
    });
  }

  fail(error: CircuitError): void {
    for (const failed of [...this.#failing]) failed(error);
  }
}
