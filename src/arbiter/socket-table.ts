/** The daemon's sockets by name: bound once, kept while watchers come and go. */
import type { BoundSocket, PassedSocket, Sockets } from "../core/ports.js";
import type { Result } from "../core/result.js";
import { fail, succeed } from "../core/result.js";
import type { SocketSpec } from "../core/spec.js";

export interface Leases {
  readonly passed: readonly PassedSocket[];
  readonly release: () => void;
}

export class SocketTable {
  readonly #sockets: Sockets;
  readonly #bound = new Map<string, BoundSocket>();

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  names(): readonly string[] {
    return [...this.#bound.keys()];
  }

  get(name: string): BoundSocket | undefined {
    return this.#bound.get(name);
  }

  all(): readonly BoundSocket[] {
    return [...this.#bound.values()];
  }

  async bind(spec: SocketSpec): Promise<Result<void, string>> {
    const socket = await this.open(spec);
    if (!socket.ok) return socket;
    this.put(socket.value);
    return succeed(undefined);
  }

  /** Binds a socket that no worker gets before it is `put` in place. */
  open(spec: SocketSpec): Promise<Result<BoundSocket, string>> {
    return this.#sockets.bind(spec);
  }

  /** Takes in a socket whose name is free. */
  put(socket: BoundSocket): void {
    this.#bound.set(socket.spec.name, socket);
  }

  close(name: string): void {
    this.#bound.get(name)?.close();
    this.#bound.delete(name);
  }

  closeAll(): void {
    for (const name of this.names()) this.close(name);
  }

  /** Descriptors for one new worker; what was leased before a failure is given back. */
  lease(names: readonly string[]): Result<Leases, string> {
    const leased: { readonly name: string; readonly fd: number; readonly release: () => void }[] = [];
    const release = () => {
      for (const lease of leased) lease.release();
    };
    for (const name of names) {
      const lease = this.#bound.get(name)?.lease() ?? fail(`there is no socket "${name}"`);
      if (!lease.ok) {
        release();
        return lease;
      }
      leased.push({ name, ...lease.value });
    }
    return succeed({ passed: leased.map(({ name, fd }) => ({ name, fd })), release });
  }
}
