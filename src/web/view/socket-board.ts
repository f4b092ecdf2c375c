/** The sockets of a daemon, with how often they were read from. */
import type { ListedSocket } from "../../wire/contract.js";
import type { SocketReads } from "../../wire/stats.js";
import type { SocketState } from "../api.js";

export class SocketBoard {
  #listed: readonly ListedSocket[] = [];
  #reads: ReadonlyMap<number, number> = new Map();
  readonly #totals = new Map<number, number>();

  /** What the daemon lists now. */
  list(sockets: readonly ListedSocket[]): void {
    this.#listed = sockets;
    const open = new Set(sockets.map(({ fd }) => fd));
    for (const fd of this.#totals.keys()) if (!open.has(fd)) this.#totals.delete(fd);
  }

  /** The reads of a round, by descriptor. */
  see(reads: ReadonlyMap<number, number>): void {
    this.#reads = reads;
  }

  count({ fd, reads }: SocketReads): void {
    this.#totals.set(fd, this.total(fd) + reads);
  }

  /** Reads since they are counted. */
  total(fd: number): number {
    return this.#totals.get(fd) ?? 0;
  }

  get all(): readonly SocketState[] {
    return this.#listed.map(({ fd, name, backlog, ...where }) => ({
      fd,
      name,
      address: where.path ?? `${where.host ?? ""}:${where.port ?? 0}`,
      backlog,
      reads: this.#reads.get(fd) ?? null,
    }));
  }
}
