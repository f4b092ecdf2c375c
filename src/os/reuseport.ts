/**
 * A socket with `so_reuseport`: every lease is a socket of its own on the same address, and the kernel spreads what
 * arrives over those that listen. One that listens here while nobody accepts from it would starve its share of clients,
 * so the daemon's own socket is the first lease: until then it queues what comes (and wakes on_demand), afterwards a
 * socket that receives nothing stands in its place and, for streams, keeps the port. While that one is watched it has to
 * receive too: whom it wakes takes it over with the next lease.
 */
import type { BoundSocket, SocketAddress } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { SocketSpec } from "../core/spec.js";
import type { Activity } from "./activity.js";
import type { SocketCalls } from "./native-sockets.js";
import { makeReceive, openSocket, type Plan, type Role } from "./socket-open.js";

interface Tools {
  readonly calls: SocketCalls;
  readonly activity: Activity;
  /** Those that are open. */
  readonly spreading: Set<ReuseportSocket>;
}

interface Own {
  readonly fd: number;
  role: Role;
  watchers: number;
  /** It began as a stand-in, so it is to receive only while it is watched. */
  readonly standsIn: boolean;
}

export class ReuseportSocket implements BoundSocket {
  readonly address: SocketAddress;
  readonly #tools: Tools;
  readonly #plan: Plan;
  #own: Own;
  #open = true;

  constructor(tools: Tools, made: { readonly plan: Plan; readonly fd: number; readonly address: SocketAddress }) {
    this.#tools = tools;
    this.#plan = made.plan;
    this.address = made.address;
    this.#own = { fd: made.fd, role: "receives", watchers: 0, standsIn: false };
    tools.spreading.add(this);
  }

  get spec(): SocketSpec {
    return this.#plan.spec;
  }

  get fd(): number {
    return this.#own.fd;
  }

  lease(): ReturnType<BoundSocket["lease"]> {
    if (!this.#open) return fail(`Cannot lease socket "${this.spec.name}": it is closed`);
    if (this.#own.role !== "receives") {
      const fresh = this.#openAnother("receives");
      return fresh.ok ? this.#hand(fresh.value) : fresh;
    }
    const { fd } = this.#own;
    const replaced = this.#standIn();
    return replaced.ok ? this.#hand(fd) : replaced;
  }

  /**
   * Makes `fd` receive, since it is about to be watched.
   * @returns what ends that, to be told whether activity was seen; null where it cannot receive
   */
  watch(): ((active: boolean) => void) | null {
    const own = this.#own;
    if (own.role !== "receives") {
      if (!makeReceive(this.#tools.calls, this.#plan, own).ok) return null;
      own.role = "receives";
    }
    own.watchers++;
    let over = false;
    return (active) => {
      if (over) return;
      over = true;
      own.watchers--;
      // Whoever was woken leases what the clients wait at.
      if (!active && own.watchers === 0 && own.standsIn && own === this.#own && this.#open) this.#retire(own);
    };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#tools.spreading.delete(this);
    this.#tools.activity.forget(this.#own.fd);
    this.#tools.calls.close(this.#own.fd);
  }

  #hand(fd: number): ReturnType<BoundSocket["lease"]> {
    let held = true;
    const release = (): void => {
      if (held) this.#tools.calls.close(fd);
      held = false;
    };
    return succeed({ fd, release });
  }

  /** Nobody would accept from it any more. */
  #retire({ fd }: Own): void {
    if (this.#standIn().ok) this.#tools.calls.close(fd);
  }

  /** Puts one that does not receive in the place of our own, which is the caller's then. */
  #standIn(): Result<void, string> {
    const role = this.spec.type === "SOCK_STREAM" ? "reserves" : "idle";
    const opened = this.#openAnother(role);
    if (!opened.ok) return opened;
    this.#tools.activity.forget(this.#own.fd);
    this.#own = { fd: opened.value, role, watchers: 0, standsIn: true };
    return succeed(undefined);
  }

  #openAnother(role: Role): Result<number, string> {
    const opened = openSocket(this.#tools.calls, this.#plan, role);
    return opened.ok ? opened : fail(`Cannot open another socket for "${this.spec.name}": ${opened.failure}`);
  }
}
