/**
 * Who is in the circuit, by what the agent and the servers say. Serf knows whether an agent lives; a server whose agent lives
 * may be dead or hang, and is *doubted* by those that watch it. One that is doubted and can say so raises its revision, and is
 * back with it.
 */
import type { Departure, Member, MemberState, ServerId, WorkerId } from "../../core/circuit/member.js";
import type { Clock, Millis } from "../../core/ports.js";
import { placeOf } from "../mesh/dial.js";
import type { Seen } from "../membership.js";
import type { SerfNode } from "./records.js";
import { memberOf } from "./tags.js";

export interface RosterParts {
  readonly clock: Pick<Clock, "now" | "epoch">;
  readonly self: () => Member;
  readonly on: {
    readonly joined: (member: Member) => void;
    readonly left: (member: Member, reason: Departure) => void;
    readonly updated: (member: Member) => void;
  };
}

interface Entry {
  member: Member;
  readonly joined: number;
  state: MemberState;
  /** Since when the agent has not listed it. */
  missing: Millis | null;
}

interface Lost {
  readonly member: Member;
  /** The revision that was doubted; null for one whose agent has failed too. */
  readonly doubted: number | null;
}

/** An agent that was started again knows nobody, and finds the others within that time. */
const GRACE: Millis = 10_000;

export class Roster {
  readonly #parts: RosterParts;
  readonly #present = new Map<WorkerId, Entry>();
  readonly #lost = new Map<WorkerId, Lost>();
  /** Those that have gone, though the agent says that they are there, until it says that they are not. */
  readonly #gone = new Set<WorkerId>();

  constructor(parts: RosterParts) {
    this.#parts = parts;
  }

  seen(): readonly Seen[] {
    return [...this.#present.values()].map(({ member, state, joined }) => ({ member, state, joined }));
  }

  lost(): readonly Member[] {
    return [...this.#lost.values()].map(({ member }) => member);
  }

  /** Those whose agents live, whatever the servers do. */
  standing(): readonly Member[] {
    const doubted = [...this.#lost.values()].filter((lost) => lost.doubted !== null);
    return [...this.#present.values(), ...doubted].map(({ member }) => member);
  }

  find(id: ServerId): Member | null {
    return [...this.#present.values()].find(({ member }) => member.id === id)?.member ?? null;
  }

  get(worker: WorkerId): Member | null {
    return this.#present.get(worker)?.member ?? null;
  }

  isDoubted(worker: WorkerId): boolean {
    return (this.#lost.get(worker)?.doubted ?? null) !== null;
  }

  isNews(worker: WorkerId): boolean {
    return worker !== this.#parts.self().worker && !this.#present.has(worker) && !this.#lost.has(worker) && !this.#gone.has(worker);
  }

  /** Whether one that is seen, or was lost, has this host and port. */
  isAt(place: string): boolean {
    return [...this.#present.values(), ...this.#lost.values()].some(({ member }) => placeOf(member.address) === place);
  }

  /** All nodes as the agent lists them. @returns whether somebody is missing in it that is still waited for */
  compare(nodes: readonly SerfNode[]): boolean {
    for (const node of nodes) this.hear(node);
    const listed = new Set(nodes.map(({ name }) => name));
    for (const worker of this.#gone) if (!listed.has(worker)) this.#gone.delete(worker);
    const now = this.#parts.clock.now();
    for (const [worker, entry] of this.#present) {
      if (listed.has(worker)) entry.missing = null;
      else if (now - (entry.missing ??= now) >= GRACE) this.#lose(worker, null);
    }
    return [...this.#present.values()].some(({ missing }) => missing !== null);
  }

  /** What the agent says of a node. */
  hear({ name: worker, status, tags }: SerfNode): void {
    if (worker === this.#parts.self().worker) return;
    if (status === "alive") {
      const member = this.#gone.has(worker) ? null : memberOf(worker, tags);
      return member === null ? undefined : this.#live(member);
    }
    if (status === "failed") this.#fail(worker, tags);
    else if (status !== "none") this.#depart(worker);
    this.#gone.delete(worker);
  }

  /** The agent has forgotten it. */
  forget(worker: WorkerId): void {
    this.#depart(worker);
    this.#gone.delete(worker);
  }

  /** It has said good-bye. */
  bury(worker: WorkerId): void {
    if (this.#depart(worker)) this.#gone.add(worker);
  }

  /** Somebody cannot reach the server, whatever its agent says. */
  doubt(worker: WorkerId, revision: number): void {
    const entry = this.#present.get(worker);
    if (entry !== undefined && entry.member.revision <= revision) this.#lose(worker, revision);
  }

  /** Whether it answers in time. */
  answers(worker: WorkerId, isSlow: boolean): void {
    const entry = this.#present.get(worker);
    const state = isSlow ? "slow" : "alive";
    if (entry === undefined || entry.state === state) return;
    entry.state = state;
    this.#parts.on.updated(entry.member);
  }

  /** @returns whether it was known */
  #depart(worker: WorkerId): boolean {
    const entry = this.#present.get(worker);
    const wasLost = this.#lost.delete(worker);
    this.#present.delete(worker);
    if (entry !== undefined) this.#parts.on.left(entry.member, "left");
    return wasLost || entry !== undefined;
  }

  #live(member: Member): void {
    const { worker, revision } = member;
    const entry = this.#present.get(worker);
    if (entry !== undefined) {
      if (revision <= entry.member.revision) return;
      entry.member = member;
      return this.#parts.on.updated(member);
    }
    if (revision <= (this.#lost.get(worker)?.doubted ?? -1)) return;
    this.#lost.delete(worker);
    this.#replace(member);
    this.#present.set(worker, { member, joined: this.#parts.clock.epoch(), state: "alive", missing: null });
    this.#parts.on.joined(member);
  }

  /** No two programs have one address: an older one that had it has ended, whether or not that was seen. */
  #replace({ address, started }: Member): void {
    const place = placeOf(address);
    for (const { member } of [...this.#present.values(), ...this.#lost.values()]) {
      if (placeOf(member.address) !== place || member.started > started) continue;
      this.#lose(member.worker, null);
      this.#lost.delete(member.worker);
      this.#gone.add(member.worker);
    }
  }

  /** One that was never seen alive is looked for by the agent alone. */
  #fail(worker: WorkerId, tags: SerfNode["tags"]): void {
    if (this.#present.has(worker)) return this.#lose(worker, null);
    const member = memberOf(worker, tags);
    if (this.#lost.has(worker) && member !== null) this.#lost.set(worker, { member, doubted: null });
  }

  #lose(worker: WorkerId, doubted: number | null): void {
    const entry = this.#present.get(worker);
    if (entry === undefined) return;
    this.#present.delete(worker);
    this.#lost.set(worker, { member: entry.member, doubted });
    this.#parts.on.left(entry.member, "failed");
  }
}
