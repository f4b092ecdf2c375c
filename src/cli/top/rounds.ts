/** Cuts a stream of frames into rounds: who is told of for a second time begins the next one. */
import type { StatFrame } from "../../wire/stats.js";

export class Rounds {
  #told = new Set<string>();

  /** Whether this frame is the first of a new round, so that the one before it is whole. */
  begins(frame: StatFrame): boolean {
    const key = keyOf(frame);
    const repeated = this.#told.has(key);
    if (repeated) this.#told = new Set();
    this.#told.add(key);
    return repeated;
  }
}

function keyOf(frame: StatFrame): string {
  switch (frame.kind) {
    case "process":
      return `process ${frame.stats.pid} of ${frame.watcher}`;
    case "watcher":
      return `watcher ${frame.watcher}`;
    case "socket":
      return `socket ${frame.stats.fd}`;
    case "sockets":
      return "sockets";
  }
}
