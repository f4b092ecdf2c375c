/** A server of a circuit, made of the rooms: by circusd for its `[cluster]` section, and by `circuit start`. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { makeProcess } from "../../cluster/elements/process.js";
import { makeContainer } from "../../cluster/container/making.js";
import { refuseContainers } from "../../cluster/container/refusal.js";
import { tellEngine } from "../../cluster/container/telling.js";
import { makeNameserver } from "../../cluster/nameserver/nameserver.js";
import type { Makers } from "../../cluster/handlers.js";
import { createNode, type Node } from "../../cluster/node.js";
import type { Announcer } from "../../core/circuit/announcer-port.js";
import type { LocalCircus } from "../../core/circuit/circus-port.js";
import type { KnownMembers } from "../../core/circuit/known-members-port.js";
import type { Member } from "../../core/circuit/member.js";
import type { ClusterSpec } from "../../core/circuit/spec.js";
import { parseGroup, parseHostPort } from "../../core/options.js";
import type { Clock, Log, ProcessHost } from "../../core/ports.js";
import type { Environment } from "../../core/spec.js";
import { multicastAnnouncer } from "../../os/announcer.js";
import { openDns } from "../../os/dns-sockets.js";
import { dockerEngine } from "../../os/docker-engine.js";
import { systemPrograms } from "../../os/element-programs.js";
import { lookAtHost } from "../../os/host-facts.js";
import { readKeyFile } from "../../os/key-file.js";
import { fileOfMembers } from "../../os/known-members.js";
import { listenPlace, type ListenPlace } from "../../os/listen-place.js";
import { openProfiler } from "../../os/profiler.js";
import { endpointOf, formatAddress } from "../../wire/circuit/address.js";
import type { ClusterKey, Links } from "../../wire/circuit/link.js";
import { packageVersion } from "../version.js";
import { openEngine } from "./engine.js";
import type { AgentRunner } from "./serf-agent.js";
import { membersFile } from "./state-dir.js";

export interface ServerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly host: ProcessHost;
  readonly links: Links;
  /** What processes of elements inherit. */
  readonly env: Environment;
  readonly circus: LocalCircus | null;
  /** Directory to keep known members in; null keeps them not. */
  readonly stateDir: string | null;
  /** Who keeps the agent running where the engine is serf. @throws Error where nobody can */
  readonly runSerf: () => Promise<AgentRunner>;
  readonly onSuicide: () => void;
}

export interface Server {
  readonly node: Node;
  /** `circuit://HOST:PORT/PID/Q…`, as others reach it. */
  readonly address: string;
  /** Reads the key file again. @throws Error that says why it cannot be used; the old keys stay then */
  rekey(path: string | null): Promise<void>;
  /** Leaves the circuit and ends what runs here. Never rejects. */
  leave(): Promise<void>;
}

/** Nothing is kept. */
const FORGETFUL: KnownMembers = { load: () => [], save: () => undefined, close: async () => undefined };

/** Milliseconds that the answer to a server's end has on its way. */
const LAST_WORDS = 100;

/** Milliseconds of silence after which another server counts as gone. */
const SILENCE = 4000;

/** @throws Error that says why there can be no server: the port is in use, the key file cannot be read */
export async function openServer(spec: ClusterSpec, parts: ServerParts): Promise<Server> {
  const { clock, log, host, links } = parts;
  const keys = await loadKeys(spec.keyFile, log);
  const place = await findPlace(spec, keys.length > 0);
  if (place.warning !== null) log.warning(place.warning);
  const worker = `Q${randomBytes(8).toString("hex")}`;
  let accepted = keys;
  const directory = parts.stateDir?.replaceAll("%W", worker) ?? null;
  const known = directory === null ? FORGETFUL : fileOfMembers({ path: membersFile(directory, spec.listen), clock, log });
  const announcer = announcerOf(spec, () => accepted);
  const engine = await openEngine(spec, { clock, random: Math.random, log, known, announcer, place, keys, runSerf: parts.runSerf });
  const node = await createNode({
    links,
    endpoint: endpointOf(place),
    linkOptions: { keys, silence: SILENCE },
    describe: (endpoint) => describe(spec, { place, endpoint, worker, started: clock.epoch(), circusd: parts.circus !== null }),
    engine: spec.engine,
    membership: engine.membership,
    makers: {
      process: makeProcess({ programs: systemPrograms({ host, env: parts.env, clock }), clock }),
      container: spec.docker ? containersOf(parts) : refuseContainers,
      nameserver: (address, id) => makeNameserver(openDns, address, id),
    },
    circus: parts.circus,
    lookAtHost,
    profiler: openProfiler(),
    clock,
    log,
    onSuicide(peer) {
      log.warning(`"${peer}" has told this server to end`);
      // The answer has to pass the server that hands it on before that one hears of the good-bye.
      clock.after(LAST_WORDS, parts.onSuicide);
    },
  }).catch(async (cause: unknown) => {
    await engine.abandon();
    throw cause;
  });
  const { address, id, name } = node.self();
  tellChanges(node, log);
  log.info(`Server "${name}" (${id}) of a circuit at ${address}${keys.length > 0 ? ", encrypted" : ""}`);
  return {
    node,
    address,
    async rekey(path) {
      accepted = await loadKeys(path, log);
      await node.rekey(accepted);
      await engine.rekey(accepted);
    },
    async leave() {
      await node.leave(true);
      await known.close();
    },
  };
}

/** An operator reads in the log of each server who came and who went, and how. */
function tellChanges({ membership }: Node, log: Log): void {
  membership.watch({
    joined: ({ name, id, address }) => log.info(`Server "${name}" (${id}) is in the circuit, at ${address}`),
    left({ name, id }, reason) {
      if (reason === "left") log.info(`Server "${name}" (${id}) has left the circuit`);
      else log.warning(`Server "${name}" (${id}) is lost; it is looked for`);
    },
    updated: () => undefined,
  });
}

/** The engine may come later than the server, so that none is a reason to fail. */
function containersOf({ clock, log, env }: ServerParts): Makers["container"] {
  const engine = dockerEngine(env["DOCKER_HOST"]);
  void tellEngine(engine, log);
  return makeContainer({ engine, clock, log });
}

async function loadKeys(path: string | null, log: Log): Promise<readonly ClusterKey[]> {
  if (path === null) return [];
  const read = await readKeyFile(path);
  if (!read.ok) throw new Error(read.failure);
  if (read.value.warning !== null) log.warning(read.value.warning);
  return read.value.keys;
}

function announcerOf({ discover }: ClusterSpec, keys: () => readonly ClusterKey[]): Announcer | null {
  const group = discover === null ? null : parseGroup(discover);
  return group === null ? null : multicastAnnouncer({ group, keys });
}

async function findPlace({ listen, advertise }: ClusterSpec, hasKey: boolean): Promise<ListenPlace> {
  const asked = parseHostPort(listen);
  if (asked === null) throw new Error(`Cannot listen at "${listen}": write HOST:PORT, such as 127.0.0.1:11022`);
  const told = advertise === null ? null : (parseHostPort(advertise) ?? { host: advertise.replace(/^\[|\]$/g, ""), port: null });
  const place = await listenPlace({ ...asked, advertise: told, hasKey });
  if (!place.ok) throw new Error(place.failure);
  return place.value;
}

interface Bound {
  readonly place: ListenPlace;
  readonly endpoint: string;
  readonly worker: string;
  readonly started: number;
  readonly circusd: boolean;
}

function describe(spec: ClusterSpec, { place, endpoint, worker, started, circusd }: Bound): Member {
  const bound = Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));
  const { host, port } = place.advertised;
  return {
    id: `X${randomBytes(8).toString("hex")}`,
    worker,
    address: formatAddress({ host, port: port ?? bound, process: { pid: process.pid, worker } }),
    name: spec.name ?? hostname(),
    labels: spec.labels,
    version: packageVersion(),
    started,
    revision: 0,
    circusd,
  };
}
