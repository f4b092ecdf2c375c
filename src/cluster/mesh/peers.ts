/** All other servers that this one knows of, each once, and who of them is in the view. */
import type { Departure, Member, ServerId, WorkerId } from "../../core/circuit/member.js";
import type { Clock, Log, Random } from "../../core/ports.js";
import type { Seen } from "../membership.js";
import { placeOf, type Reached } from "./dial.js";
import { Gate } from "./gate.js";
import { Peer, type PeerParts } from "./peer.js";
import { Tombstones } from "./tombstones.js";

export interface PeersParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly self: () => Member;
  readonly dial: PeerParts["dial"];
  readonly on: {
    readonly joined: (peer: Peer) => void;
    readonly left: (member: Member, reason: Departure) => void;
    readonly updated: (member: Member) => void;
  };
}

/** Attempts at once, to servers never reached and to lost ones each. */
const AT_ONCE = 16;
/** Of servers that were never reached: whoever tells of more makes them up. */
const MOST_HEARD = 5000;

export class Peers {
  readonly #parts: PeersParts;
  readonly #table = new Map<WorkerId, Peer>();
  readonly #tombstones: Tombstones;
  readonly #peerParts: PeerParts;

  constructor(parts: PeersParts) {
    this.#parts = parts;
    this.#tombstones = new Tombstones(parts.clock);
    const { clock, random, dial, on, log } = parts;
    this.#peerParts = {
      clock,
      random,
      dial,
      heardGate: new Gate(AT_ONCE),
      lostGate: new Gate(AT_ONCE),
      on: {
        joined: on.joined,
        updated: ({ member }) => on.updated(member),
        left: (peer, reason) => {
          if (!peer.isLost) this.#remove(peer);
          on.left(peer.member, reason);
        },
        forgotten: (peer) => this.#remove(peer),
        replaced: (by) => void this.accept(by),
        unreachable: ({ member: { name, address } }, why) => {
          log.warning(`Cannot reach server "${name}" at "${address}", of which others tell: ${why}; trying on`);
        },
      },
    };
  }

  /** Those that there is a checked link to, or was a moment ago. */
  seen(): readonly Seen[] {
    return [...this.#table.values()].flatMap(({ member, state, joined }) => (joined === null ? [] : [{ member, state, joined }]));
  }

  lost(): readonly Member[] {
    return [...this.#table.values()].filter(({ isLost }) => isLost).map(({ member }) => member);
  }

  /** Those that can be asked now. */
  standing(): readonly Peer[] {
    return [...this.#table.values()].filter(({ conversation }) => conversation !== null);
  }

  find(id: ServerId): Peer | null {
    return [...this.#table.values()].find(({ member }) => member.id === id) ?? null;
  }

  /** Whether it is this program, or one that is seen or looked for. */
  knows(worker: WorkerId): boolean {
    return worker === this.#parts.self().worker || this.#table.has(worker);
  }

  /** Whether nothing was heard of it so far. */
  isNews(worker: WorkerId): boolean {
    return !this.knows(worker) && !this.#tombstones.has(worker);
  }

  /** Whether one that was seen, or is, has this host and port. */
  isAt(place: string): boolean {
    return [...this.#table.values()].some(({ member, joined, isLost }) => (joined !== null || isLost) && placeOf(member.address) === place);
  }

  /** Others say that it is there. Resolves when it has been tried; never rejects. */
  async heard(member: Member): Promise<void> {
    const { worker } = member;
    if (worker === this.#parts.self().worker || this.#tombstones.has(worker)) return;
    const known = this.#table.get(worker);
    if (known === undefined && this.#table.size >= MOST_HEARD) return;
    known?.learn(member);
    await (known ?? this.#add(member)).heard();
  }

  /** It has spoken itself. Resolves when it is reached or cannot be; never rejects. */
  async met(member: Member): Promise<Peer> {
    this.#tombstones.remove(member.worker);
    const peer = this.#table.get(member.worker) ?? this.#add(member);
    peer.learn(member);
    await peer.met();
    return peer;
  }

  /** Takes a link that was made to somebody. Null where it leads back to this server. */
  accept(reached: Reached): Peer | null {
    const { member, conversation } = reached;
    const self = this.#parts.self();
    if (member.worker === self.worker) {
      conversation.close("it leads to this server itself");
      return null;
    }
    this.#tombstones.remove(member.worker);
    const peer = this.#table.get(member.worker) ?? this.#add(member);
    peer.accept(reached);
    return peer;
  }

  /** It has said good-bye. */
  bury(worker: WorkerId): void {
    this.#tombstones.put(worker);
    this.#table.get(worker)?.depart("left");
  }

  /** Stops looking for those that there is no link to. */
  rest(): void {
    for (const peer of this.#table.values()) {
      if (peer.conversation !== null) continue;
      peer.close("this server leaves");
      this.#table.delete(peer.member.worker);
    }
  }

  /** Ends all links without a word to anybody here. */
  close(reason: string): void {
    for (const peer of this.#table.values()) peer.close(reason);
    this.#table.clear();
  }

  #add(member: Member): Peer {
    const peer = new Peer(member, this.#peerParts);
    this.#table.set(member.worker, peer);
    return peer;
  }

  #remove(peer: Peer): void {
    this.#table.delete(peer.member.worker);
    this.#tombstones.put(peer.member.worker);
  }
}
