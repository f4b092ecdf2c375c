/** What an on_demand watcher waits for: something to accept on the sockets that it uses, and on no others. */
import type { BoundSocket, Cancel } from "../core/ports.js";
import type { WatcherSpec } from "../core/spec.js";
import type { RunnerParts } from "./parts.js";
import { socketsNeeded } from "./spawn-plan.js";

export class SocketActivity {
  readonly #parts: Pick<RunnerParts, "sockets" | "onActivity" | "log">;
  readonly #ready: () => void;
  #unwatch: Cancel | null = null;

  constructor(parts: Pick<RunnerParts, "sockets" | "onActivity" | "log">, ready: () => void) {
    this.#parts = parts;
    this.#ready = ready;
  }

  watch(spec: WatcherSpec): void {
    const needed = socketsNeeded(spec, this.#parts.sockets.names());
    const bound = needed.map((name) => this.#parts.sockets.get(name)).filter((socket): socket is BoundSocket => socket !== undefined);
    if (bound.length === 0) {
      this.#parts.log.warning(`${spec.name} is on_demand but uses no socket; it starts only by hand`);
      return;
    }
    this.#unwatch = this.#parts.onActivity(
      bound.map((socket) => socket.fd),
      this.#ready,
    );
  }

  unwatch(): void {
    this.#unwatch?.();
    this.#unwatch = null;
  }
}
