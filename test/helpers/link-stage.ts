/** Both ends of links over ZeroMQ, and programs that are the other end. */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { ClusterKey, Link, LinkEnd, Links, Listener } from "../../src/wire/circuit/link.js";
import type { Packet } from "../../src/wire/circuit/packet.js";
import { openLinks } from "../../src/wire/zmq/links.js";
import { eventually } from "./facts.js";
import type { PeerOrder } from "./link-peer.js";

/** Longer than any test. */
export const SILENCE = 20_000;

export const OPEN = {
  kind: "open",
  call: 1,
  method: "ping",
  params: {},
  deadline: null,
  to: null,
  body: new Uint8Array(0),
  ended: true,
} as const;

/** Everything that one end of a link was told. */
export class Ear {
  readonly packets: Packet[] = [];
  end: LinkEnd | null = null;
  readonly link: Link;

  constructor(link: Link) {
    this.link = link;
    link.start({
      packet: (packet) => {
        assert.equal(this.end, null, "a packet after the end");
        this.packets.push(packet);
      },
      ended: (end) => {
        assert.equal(this.end, null, "a second end");
        this.end = end;
      },
    });
  }

  async heard(count: number): Promise<readonly Packet[]> {
    await eventually(
      () => this.packets.length,
      (length) => length >= count,
    );
    return this.packets;
  }

  async ended(): Promise<LinkEnd> {
    const end = await eventually(
      () => this.end,
      (value) => value !== null,
    );
    assert(end !== null);
    return end;
  }
}

export class Stage {
  readonly links: Links;
  readonly listener: Listener;
  readonly accepted: Ear[] = [];
  readonly refusals: string[] = [];

  /** A listener that is closed after the test. */
  static async of(t: TestContext, { keys = [] as readonly ClusterKey[], silence = SILENCE } = {}): Promise<Stage> {
    const links = await openLinks();
    const parts: Pick<Stage, "accepted" | "refusals"> = { accepted: [], refusals: [] };
    const listener = await links.listen(
      "tcp://127.0.0.1:0",
      { keys, silence },
      { accepted: (link) => parts.accepted.push(new Ear(link)), refused: (message) => parts.refusals.push(message) },
    );
    t.after(() => listener.close());
    return new Stage(links, listener, parts);
  }

  private constructor(links: Links, listener: Listener, { accepted, refusals }: Pick<Stage, "accepted" | "refusals">) {
    this.links = links;
    this.listener = listener;
    this.accepted = accepted;
    this.refusals = refusals;
  }

  get endpoint(): string {
    return this.listener.endpoint;
  }

  dial(keys: readonly ClusterKey[] = []): Promise<Link> {
    return this.links.dial(this.endpoint, { keys, silence: SILENCE, timeout: 20_000 });
  }

  /** Both ends of a new link. */
  async pair(keys: readonly ClusterKey[] = []): Promise<{ readonly near: Ear; readonly far: Ear }> {
    const before = this.accepted.length;
    const near = new Ear(await this.dial(keys));
    const far = this.accepted[before];
    assert(far !== undefined, "dialled, and not accepted");
    return { near, far };
  }

  /** Proves that the listener still serves. */
  async serves(keys: readonly ClusterKey[] = []): Promise<void> {
    const { near, far } = await this.pair(keys);
    near.link.send(OPEN);
    await far.heard(1);
    near.link.close("seen");
    assert.equal((await far.ended()).kind, "bye");
  }

  refused(pattern: RegExp): Promise<readonly string[]> {
    return eventually(
      () => this.refusals,
      (all) => all.some((message) => pattern.test(message)),
    );
  }
}

/** A program of its own, in which everything may happen. */
export class Peer {
  readonly #child: ChildProcess;
  /** What it told. */
  readonly facts: Record<string, unknown>[] = [];

  constructor(t: TestContext) {
    this.#child = fork(new URL("./link-peer.js", import.meta.url));
    this.#child.on("message", (fact: Record<string, unknown>) => this.facts.push(fact));
    t.after(async () => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  order(order: PeerOrder): void {
    this.#child.send(order);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async told(name: string): Promise<unknown> {
    const fact = await eventually(
      () => this.facts.find((one) => name in one),
      (found) => found !== undefined,
    );
    return fact?.[name];
  }

  async listen(silence: number): Promise<string> {
    this.order({ do: "listen", silence });
    return String(await this.told("endpoint"));
  }

  async dial(endpoint: string, silence: number): Promise<void> {
    this.order({ do: "dial", endpoint, silence });
    await this.told("dialled");
  }
}
