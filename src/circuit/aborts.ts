/**
 * Listens to the signals of many calls, once to each: a program gives one signal to all that it does, and Node warns of a
 * leak where more than ten listen to the same.
 */
export class Aborts {
  readonly #heard = new Map<AbortSignal, { readonly calls: Set<() => void>; readonly listener: () => void }>();

  add(signal: AbortSignal, call: () => void): void {
    const heard = this.#heard.get(signal);
    if (heard !== undefined) {
      heard.calls.add(call);
      return;
    }
    const calls = new Set([call]);
    const listener = (): void => {
      for (const one of [...calls]) one();
    };
    this.#heard.set(signal, { calls, listener });
    signal.addEventListener("abort", listener);
  }

  delete(signal: AbortSignal, call: () => void): void {
    const heard = this.#heard.get(signal);
    if (heard?.calls.delete(call) !== true || heard.calls.size > 0) return;
    this.#heard.delete(signal);
    signal.removeEventListener("abort", heard.listener);
  }
}
