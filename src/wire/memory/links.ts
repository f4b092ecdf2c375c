/**
 * Links of memory, for tests: a network of hosts in one process, whose cables can be pulled. Packets arrive in order
 * and never in the turn in which they were sent.
 */
import type { Clock } from "../../core/ports.js";
import {
  DialError,
  type ClusterKey,
  type DialFailure,
  type Link,
  type LinkOptions,
  type Links,
  type Listener,
  type ListenerHandler,
} from "../circuit/link.js";
import { MemoryLink } from "./link-end.js";

interface Open {
  readonly host: string;
  readonly silence: number;
  readonly handler: ListenerHandler;
  keys: readonly ClusterKey[];
}

interface Standing {
  readonly endpoint: string;
  readonly dialler: MemoryLink;
  readonly listener: MemoryLink;
}

type DialOptions = LinkOptions & { readonly timeout: number; readonly signal?: AbortSignal };

export class MemoryNetwork {
  readonly #timer: Pick<Clock, "after">;
  readonly #listeners = new Map<string, Open>();
  readonly #links = new Set<Standing>();
  #groups: readonly (readonly string[])[] = [];
  #ports = 40_000;

  /** @param timer for links that fall silent and diallers that give up */
  constructor(timer: Pick<Clock, "after">) {
    this.#timer = timer;
  }

  /** The links as a program on that host has them. @example `network.host("a").listen("tcp://a:1", …)` */
  host(host: string): Links {
    return {
      listen: (endpoint, options, handler) => this.#listen(endpoint, { host, silence: options.silence, handler, keys: options.keys }),
      dial: (endpoint, options) => this.#dial(host, endpoint, options),
    };
  }

  /** Breaks every link to that endpoint: both ends are told `lost`, and what was on its way is lost. */
  cut(endpoint: string): void {
    for (const one of [...this.#links]) if (one.endpoint === endpoint) breakLink(one);
  }

  /** As when that host's program is killed: nobody listens there any more, and its links are `lost` to the others. */
  kill(host: string): void {
    for (const [endpoint, open] of this.#listeners) if (open.host === host) this.#listeners.delete(endpoint);
    for (const one of [...this.#links]) if (one.dialler.host === host || one.listener.host === host) breakLink(one);
  }

  /**
   * Pulls the cables between these groups of hosts; those that are not named are a group of their own. Links between them
   * say nothing until they are `silent`, and dialling takes its whole time.
   */
  partition(...groups: readonly (readonly string[])[]): void {
    this.#groups = groups;
    for (const { dialler, listener } of this.#links) {
      for (const end of [dialler, listener]) {
        if (this.#reaches(dialler.host, listener.host)) end.release();
        else end.hold();
      }
    }
  }

  /** Plugs all cables in again: what was sent meanwhile arrives where the link still stands. */
  heal(): void {
    this.partition();
  }

  #reaches(one: string, other: string): boolean {
    const groupOf = (host: string): number => this.#groups.findIndex((group) => group.includes(host));
    return one === other || groupOf(one) === groupOf(other);
  }

  async #listen(wanted: string, open: Open): Promise<Listener> {
    const endpoint = wanted.endsWith(":0") ? `${wanted.slice(0, -1)}${(this.#ports += 1)}` : wanted;
    if (this.#listeners.has(endpoint)) throw new Error(`Cannot listen on "${endpoint}": address already in use`);
    this.#listeners.set(endpoint, open);
    return {
      endpoint,
      rekey: async (keys) => void (open.keys = keys),
      close: async () => {
        if (this.#listeners.get(endpoint) === open) this.#listeners.delete(endpoint);
      },
    };
  }

  async #dial(host: string, endpoint: string, options: DialOptions): Promise<Link> {
    await Promise.resolve();
    if (options.signal?.aborted === true) throw cancelled(endpoint);
    const open = this.#listeners.get(endpoint);
    if (open !== undefined && !this.#reaches(host, open.host)) throw await this.#unanswered(endpoint, options);
    if (open === undefined) throw failed("unreachable", `Cannot connect to "${endpoint}": nobody listens there`);
    if (!haveCommon(options.keys, open.keys)) {
      open.handler.refused(`Somebody on "${host}" has another cluster key, or none`);
      throw failed("refused-key", `Cannot connect to "${endpoint}": it has another cluster key; use the same key file on both sides`);
    }
    return this.#connect(host, endpoint, { open, silence: options.silence });
  }

  #connect(host: string, endpoint: string, { open, silence }: { readonly open: Open; readonly silence: number }): Link {
    let standingEnds = 2;
    const ended = (): void => {
      standingEnds -= 1;
      if (standingEnds === 0) this.#links.delete(standing);
    };
    const standing: Standing = {
      endpoint,
      dialler: new MemoryLink({ host, peer: endpoint, silence, timer: this.#timer, ended }),
      listener: new MemoryLink({
        host: open.host,
        peer: `memory://${host}:${(this.#ports += 1)}`,
        silence: open.silence,
        timer: this.#timer,
        ended,
      }),
    };
    MemoryLink.join(standing.dialler, standing.listener);
    this.#links.add(standing);
    open.handler.accepted(standing.listener);
    return standing.dialler;
  }

  #unanswered(endpoint: string, { timeout, signal }: DialOptions): Promise<DialError> {
    return new Promise((resolve) => {
      const settle = (error: DialError): void => {
        cancel();
        signal?.removeEventListener("abort", abort);
        resolve(error);
      };
      const abort = (): void => settle(cancelled(endpoint));
      const cancel = this.#timer.after(timeout, () => {
        settle(failed("timeout", `Cannot connect to "${endpoint}": no answer within ${timeout} ms`));
      });
      signal?.addEventListener("abort", abort);
    });
  }
}

function breakLink({ dialler, listener }: Standing): void {
  for (const end of [dialler, listener]) end.end({ kind: "lost", message: `The connection to "${end.peer}" broke` });
}

function cancelled(endpoint: string): DialError {
  return failed("cancelled", `Connecting to "${endpoint}" was cancelled`);
}

function failed(kind: DialFailure["kind"], message: string): DialError {
  return new DialError({ kind, message });
}

/** No keys on both sides is common ground too. */
function haveCommon(mine: readonly ClusterKey[], theirs: readonly ClusterKey[]): boolean {
  if (mine.length === 0 || theirs.length === 0) return mine.length === theirs.length;
  return mine.some((key) => theirs.some((other) => key.length === other.length && key.every((byte, at) => byte === other[at])));
}
