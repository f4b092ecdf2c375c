/**
 * Where the arbiter lives: its endpoints and sockets. A move is prepared beside what there is, so that an address
 * that is taken is found out before anything is given up.
 */
import type { BoundSocket, Log } from "../core/ports.js";
import type { Config, SocketSpec } from "../core/spec.js";
import type { EndpointMove, Endpoints } from "./endpoints.js";
import { standsInTheWay } from "./rebind.js";
import { isSame } from "./reload.js";
import type { SocketTable } from "./socket-table.js";

export interface Move {
  readonly endpoints: EndpointMove;
  readonly leaving: readonly BoundSocket[];
  /** `fresh` is bound already; null waits for one that leaves. */
  readonly sockets: readonly { readonly spec: SocketSpec; readonly fresh: BoundSocket | null }[];
}

export class Premises {
  readonly #endpoints: Endpoints;
  readonly #sockets: SocketTable;
  readonly #log: Log;

  constructor(endpoints: Endpoints, sockets: SocketTable, log: Log) {
    this.#endpoints = endpoints;
    this.#sockets = sockets;
    this.#log = log;
  }

  /**
   * Binds what a configuration wants, as far as nothing of ours stands in the way.
   * @throws Error where an address cannot be had; nothing has changed then
   */
  async prepare(config: Config): Promise<Move> {
    const endpoints = await this.#endpoints.prepare(config.arbiter);
    const leaving = this.#sockets.all();
    const sockets: { readonly spec: SocketSpec; readonly fresh: BoundSocket | null }[] = [];
    const move = { endpoints, leaving, sockets };
    for (const spec of config.sockets) {
      if (isSame(this.#sockets.get(spec.name)?.spec, spec)) {
        // What waits in it for a worker goes with it: it is to be bound anew, and stands in its own way until then.
        sockets.push({ spec, fresh: null });
        continue;
      }
      const fresh = await this.#sockets.open(spec);
      if (!fresh.ok && !leaving.some((old) => standsInTheWay(old, spec))) {
        if (isHelpers(spec, config)) {
          this.#log.error(`${fresh.failure}; ${spec.name} does without until circusctl reloadconfig; everything else starts`);
          continue;
        }
        await this.discard(move);
        throw new Error(fresh.failure);
      }
      sockets.push({ spec, fresh: fresh.ok ? fresh.value : null });
    }
    return move;
  }

  /** Carries a move out; sockets are bound anew, endpoints that stay the same stay open, so that no client is cut off. @throws Error where the last of it cannot be bound */
  async move(move: Move): Promise<void> {
    try {
      await this.#endpoints.move(move.endpoints);
      for (const { spec } of move.leaving) this.#sockets.close(spec.name);
      for (const { spec, fresh } of move.sockets) {
        if (fresh !== null) {
          this.#sockets.put(fresh);
          continue;
        }
        const bound = await this.#sockets.bind(spec);
        if (!bound.ok) throw new Error(bound.failure);
      }
    } catch (cause) {
      await this.discard(move);
      throw cause;
    }
  }

  /** Gives up what was bound for a move and was not taken over. */
  async discard({ endpoints, sockets }: Move): Promise<void> {
    for (const { fresh } of sockets) if (fresh !== null && this.#sockets.get(fresh.spec.name) !== fresh) fresh.close();
    await this.#endpoints.discard(endpoints);
  }

  async close(): Promise<void> {
    this.#sockets.closeAll();
    await this.#endpoints.close();
  }
}

/** Whether a socket is that of a helper of circusd itself: what is supervised does not wait for it. */
function isHelpers({ name }: SocketSpec, { watchers }: Config): boolean {
  return watchers.some((watcher) => watcher.internal && watcher.name === name);
}
