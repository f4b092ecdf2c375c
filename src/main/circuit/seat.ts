/** circusd as a server of a circuit: the seat that its commands ask, and what of a changed `[cluster]` it takes over while it runs. */
import type { Circuit } from "../../arbiter/circuit-seat.js";
import type { Within } from "../../arbiter/parts.js";
import { CallTimeout } from "../../client/errors.js";
import type { LocalCircus } from "../../core/circuit/circus-port.js";
import type { Member, ServerId } from "../../core/circuit/member.js";
import type { ClusterSpec } from "../../core/circuit/spec.js";
import { nearest } from "../../core/options.js";
import { CircuitError } from "../../wire/circuit/errors.js";
import { CommandError, ERRNO, type Commands, type MemberInfo } from "../../wire/contract.js";
import type { Transport } from "../../wire/transport.js";
import { openLinks } from "../../wire/zmq/links.js";
import { localCircus } from "./local-circus.js";
import { openServer, type Server, type ServerParts } from "./server.js";
import { serfFile } from "./serf-program.js";
import { watcherRunner, type AskArbiter } from "./watcher-runner.js";
import { ownStateDir } from "./state-dir.js";

type Properties = Commands["relay"]["properties"];

/** Seconds for a command on another server that says nothing of it. */
const USUAL_TIME = 30;

/** Options whose change is taken over at run time; a changed key file is read again. */
const LIVE: ReadonlySet<string> = new Set<keyof ClusterSpec>(["name", "labels", "join", "keyFile"]);

/** As the configuration calls them, where that is not the same word. */
const WRITTEN: Readonly<Record<string, string>> = {
  discover: "discovery",
  keyFile: "key_file",
  stateDir: "state_dir",
  serfBind: "serf_bind",
  serfProfile: "serf_profile",
};

export interface SeatParts extends Pick<ServerParts, "clock" | "log" | "host" | "env"> {
  readonly transport: Transport;
}

/** @throws Error that says why there can be no server */
export async function openSeat({ transport, ...parts }: SeatParts, spec: ClusterSpec, within: Within): Promise<Circuit> {
  const circus = localCircus(within, transport);
  const stateDir = spec.stateDir ?? ownStateDir();
  const ask: AskArbiter = (command, properties) => circus.command(command, properties, null);
  const server = await openServer(spec, {
    ...parts,
    links: await openLinks(),
    circus,
    stateDir,
    runSerf: () => Promise.resolve(watcherRunner(ask, serfFile(stateDir, spec.listen))),
    onSuicide: () => void circus.command("quit", {}, null).catch((cause: unknown) => parts.log.error(`Cannot end: ${String(cause)}`)),
  });
  return new Seat(server, spec, circus);
}

class Seat implements Circuit {
  readonly #server: Server;
  readonly #circus: LocalCircus;
  #spec: ClusterSpec;

  constructor(server: Server, spec: ClusterSpec, circus: LocalCircus) {
    this.#server = server;
    this.#spec = spec;
    this.#circus = circus;
  }

  async members(): Promise<Commands["members"]["reply"]> {
    const { membership } = this.#server.node;
    const seen = membership.members().map(({ member, state }) => this.#info(member, state));
    return { members: [...seen, ...membership.lost().map((member) => this.#info(member, "lost"))] };
  }

  async join(address: string): Promise<Commands["join"]["reply"]> {
    const joined = await this.#server.node.membership.join(address);
    if (!joined.ok) throw new CommandError(joined.failure);
    return { member: this.#info(joined.value, "alive") };
  }

  async relay({ server, command, properties = {}, timeout = USUAL_TIME }: Properties): Promise<Commands["relay"]["reply"]> {
    const id = this.#find(server);
    const { node } = this.#server;
    const refusal = (why: string): CommandError =>
      new CommandError(`Cannot carry out "${command}" on server "${server}": ${why}`, ERRNO.os);
    try {
      if (id === node.self().id) return { server: id, reply: await this.#circus.command(command, properties, timeout) };
      const way = await node.membership.reach(id, timeout * 1000);
      if (!way.ok) throw new CommandError(`Cannot reach server "${server}": ${way.failure}`, ERRNO.os);
      const { reply } = await way.value.ask("circus", { command, properties: { ...properties }, timeout }, { deadline: timeout * 1000 });
      return { server: id, reply };
    } catch (cause) {
      if (cause instanceof CallTimeout || (cause instanceof CircuitError && cause.code === "deadline"))
        throw refusal(`it was not done within ${timeout} s; raise the timeout, or look there`);
      throw cause instanceof CircuitError ? refusal(cause.message) : cause;
    }
  }

  async adopt(spec: ClusterSpec): Promise<readonly string[]> {
    const before = this.#spec;
    const { node } = this.#server;
    // With the first key, or without the last one, it would have to listen elsewhere.
    const movesKey = (before.keyFile === null) !== (spec.keyFile === null);
    if (!movesKey && spec.keyFile !== null) await this.#server.rekey(spec.keyFile);
    this.#spec = movesKey ? { ...spec, keyFile: before.keyFile } : spec;
    node.membership.update({ name: spec.name ?? node.self().name, labels: spec.labels });
    // Each is tried once: a server that is away is found by others, or at the next start.
    for (const address of spec.join.filter((one) => !before.join.includes(one))) void node.membership.join(address);
    const changed = Object.entries(spec).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(Object.entries(before).find(([other]) => other === name)?.[1]),
    );
    return changed.flatMap(([name]) => (LIVE.has(name) && !(name === "keyFile" && movesKey) ? [] : [WRITTEN[name] ?? name]));
  }

  leave(): Promise<void> {
    return this.#server.leave();
  }

  /** @throws CommandError where no server, or more than one, is called so */
  #find(server: string): ServerId {
    const { membership } = this.#server.node;
    const members = membership.members().map(({ member }) => member);
    const found = members.filter(({ id, name }) => id === server || name === server);
    const [first, ...others] = found;
    if (first === undefined) {
      const near = nearest(
        server,
        members.map(({ name }) => name),
      );
      const lost = membership.lost().some(({ id, name }) => id === server || name === server);
      throw new CommandError(
        `There is no server "${server}" in the circuit${lost ? " any more: it is lost" : near === null ? "; circusctl members lists them" : `; did you mean "${near}"?`}`,
      );
    }
    if (others.length > 0)
      throw new CommandError(
        `${found.length} servers are called "${server}": say which by its id, ${found.map(({ id }) => id).join(" or ")}`,
      );
    return first.id;
  }

  #info({ id, name, address, labels, version, started, circusd }: Member, state: MemberInfo["state"]): MemberInfo {
    return { id, name, address, labels, version, state, started, circusd, self: id === this.#server.node.self().id };
  }
}
