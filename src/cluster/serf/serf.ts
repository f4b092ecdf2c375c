/**
 * The engine for hundreds of servers: serf's agents gossip about who is there, a few links watch the servers themselves, and other
 * links are made when somebody needs them. So what a server costs hardly depends on how many there are.
 */
import type { Announcer } from "../../core/circuit/announcer-port.js";
import type { KnownMembers } from "../../core/circuit/known-members-port.js";
import type { Departure, Member, ServerId } from "../../core/circuit/member.js";
import type { OpenByteStream, SerfAgent } from "../../core/circuit/serf-port.js";
import type { Cancel, Clock, Log, Millis, Random } from "../../core/ports.js";
import { fail, type Result } from "../../core/result.js";
import type { Conversation, IncomingCall } from "../../circuit/conversation.js";
import type { Membership, MembershipListener, Seen } from "../membership.js";
import { Announcing } from "../mesh/announcing.js";
import type { DialServer } from "../mesh/dial.js";
import { Places } from "../mesh/places.js";
import { Agent } from "./agent.js";
import type { AgentConnection } from "./agent-connection.js";
import { join } from "./joining.js";
import type { SerfEvent } from "./records.js";
import { Roster } from "./roster.js";
import { tagsOf, type Tags } from "./tags.js";
import { Vigil } from "./vigil.js";
import { Ways } from "./ways.js";
import { readWord, WORD, writeWord, type Word } from "./word.js";

export interface SerfOptions {
  readonly self: Member;
  readonly dial: DialServer;
  readonly agent: SerfAgent;
  readonly open: OpenByteStream;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly known: KnownMembers;
  /** Addresses of the configuration to join. */
  readonly seeds: readonly string[];
  /** Null where nobody is looked for by multicast. */
  readonly announcer: Announcer | null;
}

/** For the agent to be there when it is needed. */
const AGENT_TIMEOUT: Millis = 5000;
/** Between two looks at the whole list, which makes up for events that the agent has dropped. */
const EVERY: Millis = 30_000;
const SOON: Millis = 80;
const AGAIN: Millis = 400;
/** While somebody is missing in the list of an agent that has just started. */
const MISSING: Millis = 1000;
/** For the others to hear a good-bye. */
const LEAVE_DEADLINE: Millis = 500;

/**
 * Starts the agent and begins.
 * @throws Error where the tags are too long for serf, or there can be no agent
 */
export async function createSerf(options: SerfOptions): Promise<Membership> {
  const { self, agent } = options;
  const tags = tagsOf(self);
  if (!tags.ok) throw new Error(`Cannot use engine serf: ${tags.failure}`);
  await agent.start(self.worker, tags.value);
  return new Serf(options, tags.value);
}

class Serf implements Membership {
  readonly #options: SerfOptions;
  readonly #listeners = new Set<{ readonly listener: MembershipListener }>();
  readonly #agent: Agent;
  readonly #roster: Roster;
  readonly #ways: Ways;
  readonly #vigil: Vigil;
  readonly #places: Places;
  readonly #announcing: Announcing | null;
  readonly #joins = new Set<AbortController>();
  readonly #joined: number;
  #self: Member;
  #tags: Tags;
  /** Where others find the agent, once it has said so. */
  #place: string | null = null;
  #cancelLook: Cancel = () => undefined;
  #lookDue: Millis = Infinity;
  /** Somebody has said that there is news: one look more is taken. */
  #again = false;
  #left: Promise<void> | null = null;

  constructor(options: SerfOptions, tags: Tags) {
    const { clock, random, log, dial, announcer, known, seeds } = options;
    this.#options = options;
    this.#self = options.self;
    this.#tags = tags;
    this.#joined = clock.epoch();
    const self = (): Member => this.#self;
    const roster = new Roster({
      clock,
      self,
      on: {
        joined: (member) => this.#changed((listener) => listener.joined(member)),
        left: (member, reason) => this.#onLeft(member, reason),
        updated: (member) => this.#changed((listener) => listener.updated(member)),
      },
    });
    this.#roster = roster;
    const ways = new Ways({
      clock,
      random,
      dial,
      self,
      answers: (worker, isSlow) => roster.answers(worker, isSlow),
      current: (worker) => roster.get(worker),
    });
    this.#ways = ways;
    this.#vigil = new Vigil({
      clock,
      reach: (member, timeout) => ways.reach(member, timeout),
      hold: (workers) => ways.hold(workers),
      current: (worker) => roster.standing().find((member) => member.worker === worker) ?? null,
      isDoubted: (worker) => roster.isDoubted(worker),
      doubt: (member) => this.#doubt(member),
    });
    this.#agent = new Agent({
      open: options.open,
      agent: options.agent,
      userEvent: WORD,
      clock,
      log,
      onUp: (connection) => this.#onUp(connection),
      onEvent: (event) => this.#onEvent(event),
    });
    this.#places = new Places(
      {
        clock,
        random,
        log,
        join: (address) => this.join(address),
        isTaken: (place, worker) => roster.isAt(place) || (worker !== null && roster.get(worker) !== null),
        isSelf: ({ worker }) => worker === this.#self.worker,
        isAlone: () => roster.seen().length === 0,
      },
      seeds,
      known.load(),
    );
    const own = (): Pick<Member, "address" | "worker"> => ({ address: this.#self.address, worker: this.#self.worker });
    const isNews = (worker: string): boolean => roster.isNews(worker);
    this.#announcing =
      announcer === null ? null : new Announcing({ clock, random, log, announcer, own, isNews, join: (address) => this.join(address) });
  }

  members(): readonly Seen[] {
    const self: Seen = { member: this.#self, state: "alive", joined: this.#joined };
    return [self, ...this.#roster.seen()].sort((one, other) => (one.member.id < other.member.id ? -1 : 1));
  }

  lost(): readonly Member[] {
    return this.#roster.lost();
  }

  watch(listener: MembershipListener): () => void {
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
    const joined = await join(address, stop.signal, {
      dial: this.#options.dial,
      self: () => this.#self,
      accept: (member, conversation) => this.#ways.accept(member, conversation),
      agent: () => this.#agent.connected(AGENT_TIMEOUT),
      joined: (connection) => this.#compare(connection).then(() => this.#say({ say: "look" })),
    });
    this.#joins.delete(stop);
    signal?.removeEventListener("abort", abort);
    return joined;
  }

  async reach(id: ServerId, timeout: Millis): Promise<Result<Conversation, string>> {
    if (id === this.#self.id) return fail(`"${id}" is this server itself`);
    const member = this.#roster.find(id);
    return member === null ? fail(`There is no server "${id}" in this circuit`) : this.#ways.reach(member, timeout);
  }

  update(change: Partial<Pick<Member, "name" | "labels" | "circusd" | "address">>): void {
    const changed = { ...this.#self, ...change, revision: this.#self.revision + 1 };
    const tags = tagsOf(changed);
    if (!tags.ok) return this.#options.log.error(`Cannot tell the others what has changed: ${tags.failure}; they see what was before`);
    this.#self = changed;
    this.#tags = tags.value;
    this.#tell((listener) => listener.updated(this.#self));
    const { connection } = this.#agent;
    // Without a connection they are set as soon as there is one.
    if (connection !== null) void this.#setTags(connection).then(() => this.#say({ say: "look" }));
  }

  met({ worker }: Member): void {
    if (this.#roster.isNews(worker)) this.#look(SOON);
  }

  handle(incoming: IncomingCall): boolean {
    if (incoming.method !== "serf.address") return false;
    void this.#answerAddress(incoming);
    return true;
  }

  leave(): Promise<void> {
    return (this.#left ??= this.#leave());
  }

  async #leave(): Promise<void> {
    const { known, agent, clock } = this.#options;
    this.#save();
    this.#announcing?.close();
    this.#places.close();
    this.#vigil.close();
    this.#agent.retire();
    this.#cancelLook();
    for (const stop of this.#joins) stop.abort();
    // Serf tells a good-bye, but gathers such news for a second before it does.
    await Promise.race([
      this.#say({ say: "bye", worker: this.#self.worker }),
      new Promise<void>((over) => clock.after(LEAVE_DEADLINE, over)),
    ]);
    this.#listeners.clear();
    this.#agent.close();
    await agent.stop();
    this.#ways.close("good-bye");
    await known.close();
  }

  async #answerAddress(call: IncomingCall): Promise<void> {
    if (this.#left !== null) return call.fail("unavailable", "This server leaves its circuit");
    await this.#agent.connected(AGENT_TIMEOUT);
    if (this.#place === null)
      return call.fail("unavailable", `The serf agent of server "${this.#self.name}" does not run; its log tells more`);
    call.reply({ address: this.#place });
  }

  async #onUp(connection: AgentConnection): Promise<void> {
    await this.#compare(connection);
    const others = this.#roster.standing().length > 0;
    if (others) this.#look(MISSING);
  }

  /** Takes the list as the agent has it, and sees that the agent says of this server what is true. */
  async #compare(connection: AgentConnection): Promise<void> {
    const nodes = await connection.members();
    if (this.#left !== null) return;
    const own = nodes.find(({ name }) => name === this.#self.worker);
    if (own !== undefined) {
      this.#place = own.place;
      if (Object.entries(this.#tags).some(([key, value]) => own.tags[key] !== value)) await this.#setTags(connection);
    }
    const isMissing = this.#roster.compare(nodes);
    this.#look(this.#again ? AGAIN : isMissing ? MISSING : EVERY);
    this.#again = false;
  }

  async #setTags(connection: AgentConnection): Promise<void> {
    await connection.setTags(this.#tags).catch((cause: unknown) => {
      if (this.#left === null) this.#options.log.debug(`Cannot set the tags of the serf agent: ${String(cause)}`);
    });
  }

  /** Looks at the whole list in so many milliseconds, or before. */
  #look(delay: Millis): void {
    const { clock } = this.#options;
    const due = clock.now() + delay;
    if (this.#left !== null || due >= this.#lookDue) return;
    this.#cancelLook();
    this.#lookDue = due;
    this.#cancelLook = clock.after(delay, () => {
      this.#lookDue = Infinity;
      const { connection } = this.#agent;
      if (connection === null) return;
      this.#compare(connection).catch((cause: unknown) => {
        // The connection has ended, and there is another look when the next one stands.
        this.#options.log.debug(`Cannot ask the serf agent for its members: ${String(cause)}`);
      });
    });
  }

  #onEvent(event: SerfEvent): void {
    if (this.#left !== null) return;
    if (event.kind === "user") {
      const word = event.name === WORD ? readWord(event.payload) : null;
      return word === null ? undefined : this.#hear(word);
    }
    for (const node of event.nodes) {
      if (event.change === "reap") this.#roster.forget(node.name);
      else this.#roster.hear(node);
    }
  }

  #hear(word: Word): void {
    if (word.say === "look") {
      // What it is about may be on its way still.
      this.#again = true;
      return this.#look(SOON);
    }
    if (word.say === "bye") return this.#roster.bury(word.worker);
    if (word.worker === this.#self.worker) {
      if (word.revision < this.#self.revision) return;
      this.#options.log.warning("Others could not reach this server for a while, and are told that it is there");
      return this.update({});
    }
    void this.#weigh(word.worker, word.revision);
  }

  /** One that still answers this server is not taken for lost, whatever others say. */
  async #weigh(worker: string, revision: number): Promise<void> {
    const way = this.#ways.get(worker);
    const answers =
      way === null
        ? false
        : await way.ask("ping", {}, { deadline: 1000 }).then(
            () => true,
            () => false,
          );
    if (!answers && this.#left === null) this.#roster.doubt(worker, revision);
  }

  #doubt({ worker, revision }: Member): void {
    this.#roster.doubt(worker, revision);
    void this.#say({ say: "doubt", worker, revision });
  }

  async #say(word: Word): Promise<void> {
    await this.#agent.connection?.tell(WORD, writeWord(word)).catch(() => undefined);
  }

  #onLeft(member: Member, reason: Departure): void {
    // One that hangs may be there again, and its calls with it.
    if (!this.#roster.isDoubted(member.worker)) this.#ways.drop(member.worker, "it has gone");
    this.#changed((listener) => listener.left(member, reason));
    if (this.#left === null && this.#roster.seen().length === 0) this.#places.alone();
  }

  #changed(event: (listener: MembershipListener) => void): void {
    this.#tell(event);
    this.#save();
    this.#vigil.follow(this.#self.worker, () => this.#roster.standing());
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

  #save(): void {
    if (this.#left !== null) return;
    const members = [...this.#roster.seen().map(({ member }) => member), ...this.#roster.lost()];
    const unanswered = this.#places.unanswered().filter((place) => !this.#roster.isAt(place));
    this.#options.known.save([...new Set([...members.map(({ address }) => address), ...unanswered])]);
  }
}
