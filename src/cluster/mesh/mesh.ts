/**
 * The embedded engine, for up to some dozens of servers: every server dials every other. A member is in this server's view while
 * its own link to it stands, so nobody is there by hearsay; what others tell makes it dial, and no more.
 */
import type { Announcer } from "../../core/circuit/announcer-port.js";
import type { KnownMembers } from "../../core/circuit/known-members-port.js";
import type { Departure, Member, ServerId } from "../../core/circuit/member.js";
import type { Clock, Log, Millis, Random } from "../../core/ports.js";
import { fail, succeed, type Result } from "../../core/result.js";
import type { Conversation, IncomingCall } from "../../circuit/conversation.js";
import type { Membership, MembershipListener, Seen } from "../membership.js";
import { Announcing } from "./announcing.js";
import { makeAnswers } from "./answers.js";
import { dialPlace, type DialServer } from "./dial.js";
import { digestOf } from "./digest.js";
import { join } from "./joining.js";
import type { Peer } from "./peer.js";
import { Peers } from "./peers.js";
import { Places } from "./places.js";
import { Rounds } from "./rounds.js";

export interface MeshOptions {
  readonly self: Member;
  readonly dial: DialServer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly known: KnownMembers;
  /** Addresses of the configuration to join. */
  readonly seeds: readonly string[];
  /** Null where nobody is looked for by multicast. */
  readonly announcer: Announcer | null;
}

/** For an announcement to be answered; nobody waits for it. */
const ANNOUNCE_DEADLINE: Millis = 10_000;
/** For the others to hear a good-bye. */
const LEAVE_DEADLINE: Millis = 500;

/** Begins at once: it dials when the current turn of the event loop is over. */
export function createMesh(options: MeshOptions): Membership {
  return new Mesh(options);
}

class Mesh implements Membership {
  readonly #options: MeshOptions;
  readonly #listeners = new Set<{ readonly listener: MembershipListener }>();
  readonly #peers: Peers;
  readonly #rounds: Rounds;
  readonly #places: Places;
  readonly #announcing: Announcing | null;
  readonly #answer: (call: IncomingCall) => boolean;
  /** Of joins under way. */
  readonly #joins = new Set<AbortController>();
  readonly #joined: number;
  #self: Member;
  #left: Promise<void> | null = null;

  constructor(options: MeshOptions) {
    const { clock, random, log, dial, announcer, known, seeds } = options;
    this.#options = options;
    this.#self = options.self;
    this.#joined = clock.epoch();
    const self = (): Member => this.#self;
    const view = (): readonly Member[] => this.members().map(({ member }) => member);
    const digest = (): string => digestOf(view());
    this.#peers = new Peers({
      clock,
      random,
      log,
      self,
      dial: (address, timeout, signal) => dialPlace(dial, address, { self: self(), timeout, signal }),
      on: {
        joined: (peer) => this.#onJoined(peer),
        left: (member, reason) => this.#onLeft(member, reason),
        updated: (member) => this.#onUpdated(member),
      },
    });
    const peers = this.#peers;
    const announce = (members: readonly Member[], to: readonly Peer[]): void => this.#announce(members, to);
    this.#answer = makeAnswers({ peers, self, view, digest, announce });
    this.#rounds = new Rounds({
      clock,
      random,
      digest,
      standing: () => peers.standing(),
      compared: (peer, members) => this.#compare(peer, members),
    });
    this.#places = new Places(
      {
        clock,
        random,
        log,
        join: (address) => this.join(address),
        isTaken: (place, worker) => peers.isAt(place) || (worker !== null && peers.knows(worker)),
        isSelf: ({ worker }) => worker === this.#self.worker,
        isAlone: () => peers.seen().length === 0,
      },
      seeds,
      known.load(),
    );
    const own = (): Pick<Member, "address" | "worker"> => ({ address: this.#self.address, worker: this.#self.worker });
    const isNews = (worker: string): boolean => peers.isNews(worker);
    this.#announcing =
      announcer === null ? null : new Announcing({ clock, random, log, announcer, own, isNews, join: (address) => this.join(address) });
  }

  members(): readonly Seen[] {
    const self: Seen = { member: this.#self, state: "alive", joined: this.#joined };
    return [self, ...this.#peers.seen()].sort((one, other) => (one.member.id < other.member.id ? -1 : 1));
  }

  lost(): readonly Member[] {
    return this.#peers.lost();
  }

  watch(listener: MembershipListener): () => void {
    // One listener that watches twice is told twice, and stops apart.
    const own = { listener };
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  async join(address: string, signal?: AbortSignal): Promise<Result<Member, string>> {
    if (this.#left !== null) return fail(`Cannot join "${address}": this server leaves its circuit`);
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    if (signal?.aborted === true) abort();
    signal?.addEventListener("abort", abort);
    this.#joins.add(stop);
    const { dial } = this.#options;
    const announce = (members: readonly Member[], to: readonly Peer[]): void => this.#announce(members, to);
    const joined = await join(address, stop.signal, { peers: this.#peers, dial, self: () => this.#self, announce });
    this.#joins.delete(stop);
    signal?.removeEventListener("abort", abort);
    return joined;
  }

  async reach(id: ServerId, timeout: Millis): Promise<Result<Conversation, string>> {
    if (id === this.#self.id) return fail(`"${id}" is this server itself`);
    const peer = this.#peers.find(id);
    if (peer === null) return fail(`There is no server "${id}" in this circuit`);
    if (peer.conversation === null) await this.#within(timeout, peer.settled());
    return peer.conversation === null ? fail(`Server "${id}" cannot be reached: ${peer.trouble}`) : succeed(peer.conversation);
  }

  update(change: Partial<Pick<Member, "name" | "labels" | "circusd" | "address">>): void {
    this.#self = { ...this.#self, ...change, revision: this.#self.revision + 1 };
    this.#tell((listener) => listener.updated(this.#self));
    this.#announce([this.#self], this.#peers.standing());
  }

  met(member: Member): void {
    if (this.#left === null && member.worker !== this.#self.worker) void this.#peers.met(member);
  }

  handle(incoming: IncomingCall): boolean {
    if (this.#left === null || !incoming.method.startsWith("mesh.")) return this.#answer(incoming);
    incoming.fail("unavailable", "This server leaves its circuit");
    return true;
  }

  leave(): Promise<void> {
    return (this.#left ??= this.#leave());
  }

  async #leave(): Promise<void> {
    const { known } = this.#options;
    this.#save();
    this.#announcing?.close();
    this.#places.close();
    this.#rounds.close();
    for (const stop of this.#joins) stop.abort();
    this.#peers.rest();
    const { worker } = this.#self;
    const told = this.#peers.standing().map(async ({ conversation }) => {
      // One that does not hear it sees the link end.
      await conversation?.ask("mesh.leave", { worker }, { deadline: LEAVE_DEADLINE }).catch(() => undefined);
    });
    await Promise.all(told);
    this.#listeners.clear();
    this.#peers.close("good-bye");
    await known.close();
  }

  #onJoined(peer: Peer): void {
    this.#tell((listener) => listener.joined(peer.member));
    this.#rounds.soon(peer);
    this.#save();
  }

  #onLeft(member: Member, reason: Departure): void {
    this.#tell((listener) => listener.left(member, reason));
    this.#save();
    if (this.#left === null && this.#peers.seen().length === 0) this.#places.alone();
  }

  #onUpdated(member: Member): void {
    this.#tell((listener) => listener.updated(member));
    this.#save();
  }

  /** Whatever a listener does, the circuit goes on. */
  #tell(event: (listener: MembershipListener) => void): void {
    for (const { listener } of [...this.#listeners]) {
      try {
        event(listener);
      } catch (cause) {
        this.#options.log.error(`internal: a listener of the membership failed: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    }
  }

  #announce(members: readonly Member[], to: readonly Peer[]): void {
    for (const { conversation } of to) {
      // One that misses it finds out when lists are compared.
      conversation?.ask("mesh.announce", { members: [...members] }, { deadline: ANNOUNCE_DEADLINE }).catch(() => undefined);
    }
  }

  /** What the other has and this one has not is dialled; what this one has and the other has not is told to it. */
  #compare(peer: Peer, theirs: readonly Member[]): void {
    for (const member of theirs) void this.#peers.heard(member);
    const known = new Map(theirs.map(({ worker, revision }) => [worker, revision]));
    const news = this.members().filter(({ member }) => (known.get(member.worker) ?? -1) < member.revision);
    const told = news.map(({ member }) => member);
    if (told.length > 0) this.#announce(told, [peer]);
  }

  #save(): void {
    if (this.#left !== null) return;
    const members = [...this.#peers.seen().map(({ member }) => member), ...this.#peers.lost()];
    const unanswered = this.#places.unanswered().filter((place) => !this.#peers.isAt(place));
    this.#options.known.save([...new Set([...members.map(({ address }) => address), ...unanswered])]);
  }

  /** Waits for that, but no longer than so many milliseconds. */
  async #within(time: Millis, done: Promise<void>): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(time, resolve);
      void done.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
