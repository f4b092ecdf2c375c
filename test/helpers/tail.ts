/** A tail that keeps nothing, for tests of what stands around it. */
import type { OutputTail } from "../../src/core/ports.js";

export function silentTail(): OutputTail {
  let closed = false;
  return {
    get closed() {
      return closed;
    },
    isAwaited: false,
    resize: () => undefined,
    knows: () => false,
    read: () => ({ lines: [], cursor: "", missed: 0, full: false }),
    onNews: () => () => undefined,
    close: () => {
      closed = true;
    },
  };
}
