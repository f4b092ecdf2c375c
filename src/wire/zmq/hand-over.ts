/** A handler must not throw. If it does, that is a bug to be seen, and no reason to leave everybody else without an answer. */
export function handOver(call: () => void): void {
  try {
    call();
  } catch (cause) {
    queueMicrotask(() => {
      throw cause;
    });
  }
}
