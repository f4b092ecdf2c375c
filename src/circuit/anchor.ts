/** A place in the tree of a server, which holds at most one element and has any number of places below it. */
import type { ServerId } from "../core/circuit/member.js";
import type { Command, ContainerRun, ElementKind } from "../wire/circuit/contract.js";
import type { Channel } from "./elements/channel.js";
import type { Container } from "./elements/container.js";
import type { MAKE } from "./elements/make.js";
import type { Nameserver } from "./elements/nameserver.js";
import type { Process } from "./elements/process.js";
import type { Server } from "./elements/server.js";
import type { Subscription } from "./elements/subscription.js";
import type { Watcher } from "./elements/watcher.js";
import { joinPath, splitPath } from "./path.js";
import { Seat, type CallOptions, type Place, type ScrubOptions } from "./place.js";

/** What stands on an anchor; `kind` tells which. */
export type Element = Server | Process | Container | Channel | Nameserver | Subscription<"@join"> | Subscription<"@leave"> | Watcher;

export interface ListOptions extends CallOptions {
  /** How many levels; null for all. @default 1 */
  readonly depth?: number | null;
}

/** An anchor in a listing; `kind` is null where it holds nothing. */
export interface Entry {
  /** As it is written, from the root: `/X…/a/b`. */
  readonly path: string;
  readonly kind: ElementKind | null;
}

/** What an anchor holds: nulls where it is nothing. */
export interface Peeked {
  readonly kind: ElementKind | null;
  /** As the element's own `peek` gives it, not looked at. */
  readonly stat: unknown;
}

/** Walking makes nothing: an anchor is there once an element stands on it, or below it. */
export class Anchor {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** As it is written: `/X…/a/b`. */
  get path(): string {
    return this.#place.path;
  }

  /** The server that it is on. */
  get server(): ServerId {
    return this.#place.server;
  }

  /** A place below this one; nobody is asked. @example `anchor.walk("jobs/nightly")` */
  walk(path: string | readonly string[]): Anchor {
    return new Anchor(this.#place.below(typeof path === "string" ? splitPath(path) : path));
  }

  /** What is one level below, by name. @throws CircuitError `no-such-anchor` */
  async view(options?: CallOptions): Promise<ReadonlyMap<string, Anchor>> {
    const entries = await this.#list({ ...options, depth: 1 });
    return new Map(entries.map(({ path }) => [path.at(-1) ?? "", this.walk(path.slice(-1))]));
  }

  /** What is below, in the order of paths. @throws CircuitError `no-such-anchor` */
  async list(options: ListOptions = {}): Promise<readonly Entry[]> {
    const entries = await this.#list(options);
    return entries.map(({ path, kind }) => ({ path: joinPath([this.server, ...path]), kind }));
  }

  /** What stands here and how it is, in one call. @throws CircuitError `no-such-anchor` */
  async peek(options?: CallOptions): Promise<Peeked> {
    const { kind, stat } = await this.#peek(options);
    return { kind, stat };
  }

  /** The element that stands here now: it stays the same one, though another may take its place. @returns null where there is none */
  async get(options?: CallOptions): Promise<Element | null> {
    const { kind, element } = await this.#peek(options);
    return kind === null || element === null ? null : this.#element(kind, element);
  }

  /**
   * Starts a process. A name without a slash is looked for in the PATH of the server.
   * @throws CircuitError `process` when it cannot be started, and then nothing is left here
   * @example `await anchor.makeProc({ Path: "/bin/ls", Args: ["/"] })`
   */
  async makeProc(command: Command, options?: CallOptions): Promise<Process> {
    const what = `start "${command.Path}" at "${this.path}"`;
    const { element } = await this.#place.ask({ what, method: "make.process", params: { path: this.#names, command } }, options);
    return this.#element("process", element);
  }

  /** Runs a container. @throws CircuitError `unavailable` when the host cannot */
  async makeDocker(run: ContainerRun, options?: CallOptions): Promise<Container> {
    const what = `run a container of "${run.Image}" at "${this.path}"`;
    // An image may have to be fetched first.
    const limits = { deadline: null, ...options };
    const { element } = await this.#place.ask({ what, method: "make.container", params: { path: this.#names, run } }, limits);
    return this.#element("container", element);
  }

  /** Makes a channel. @param capacity messages that it holds for receivers; without any a sender waits for one */
  async makeChan(capacity = 0, options?: CallOptions): Promise<Channel> {
    const what = `make a channel at "${this.path}"`;
    const { element } = await this.#place.ask({ what, method: "make.channel", params: { path: this.#names, capacity } }, options);
    return this.#element("channel", element);
  }

  /** Starts a name server. @param address `HOST:PORT` to bind; the empty text takes a free port */
  async makeNameserver(address = "", options?: CallOptions): Promise<Nameserver> {
    const what = `make a name server at "${this.path}"`;
    const { element } = await this.#place.ask({ what, method: "make.nameserver", params: { path: this.#names, address } }, options);
    return this.#element("nameserver", element);
  }

  /** Queues the paths of servers that join, beginning with those that are there. */
  async makeOnJoin(options?: CallOptions): Promise<Subscription<"@join">> {
    return this.#element("@join", await this.#subscribe("join", options));
  }

  /** Queues the paths of servers that leave, or are lost. */
  async makeOnLeave(options?: CallOptions): Promise<Subscription<"@leave">> {
    return this.#element("@leave", await this.#subscribe("leave", options));
  }

  /** Takes away whatever stands here; what stands below stays. @returns whether there was something */
  async scrub({ kill = false, ...options }: ScrubOptions = {}): Promise<boolean> {
    const params = { path: this.#names, ...(kill ? { kill } : {}) };
    return (await this.#place.ask({ what: `scrub "${this.path}"`, method: "scrub", params }, options)).existed;
  }

  get #names(): string[] {
    return [...this.#place.names];
  }

  async #list({ depth = 1, ...options }: ListOptions) {
    const request = { what: `list "${this.path}"`, method: "list", params: { path: this.#names, depth } } as const;
    return (await this.#place.ask(request, options)).entries;
  }

  async #peek(options?: CallOptions) {
    return this.#place.ask({ what: `look at "${this.path}"`, method: "peek", params: { path: this.#names } }, options);
  }

  async #subscribe(event: "join" | "leave", options?: CallOptions): Promise<string> {
    const what = `subscribe at "${this.path}"`;
    const { element } = await this.#place.ask({ what, method: "make.subscription", params: { path: this.#names, event } }, options);
    return element;
  }

  async #element<K extends ElementKind>(kind: K, id: string): Promise<ReturnType<(typeof MAKE)[K]>>;
  async #element(kind: ElementKind, id: string): Promise<Element> {
    const { MAKE } = await import("./elements/make.js");
    return MAKE[kind](new Seat(this.#place, id));
  }
}
