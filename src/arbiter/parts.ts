/** What the arbiter and its watchers are made of; `main` hands it in, tests make it of memory. */
import type {
  Clock,
  Discovery,
  Hooks,
  LoadCommands,
  LoadConfig,
  Log,
  MatchNames,
  Outputs,
  ProcessHost,
  Random,
  Sockets,
} from "../core/ports.js";
import type { Result } from "../core/result.js";
import type { ArbiterSpec, WatcherSpec } from "../core/spec.js";
import type { Demise } from "../core/watcher/state.js";
import type { Transport } from "../wire/transport.js";
import type { OpenCircuit } from "./circuit-seat.js";
import type { Publisher } from "./publisher.js";
import type { SocketTable } from "./socket-table.js";
import type { SpawnQueue } from "./spawn-queue.js";
import type { Within } from "./within.js";
import type { DaemonFacts } from "./worker-environment.js";

export type { Within } from "./within.js";

export interface ArbiterParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: ProcessHost;
  readonly outputs: Outputs;
  readonly sockets: Sockets;
  readonly hooks: Hooks;
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly load: LoadConfig;
  /** Loads added commands, which reach the arbiter by this transport and endpoint. */
  readonly loadCommands: (modules: readonly string[], within: Within) => ReturnType<LoadCommands>;
  /** Takes part in a circuit of servers; null where nothing here does. */
  readonly openCircuit: OpenCircuit | null;
  readonly daemon: DaemonFacts;
  /** Names that a regular expression matches from their beginning, within a limit of time. */
  readonly matchNames: MatchNames;
  /** Makes a user the owner of an ipc socket, as endpoint_owner asks for. */
  readonly giveTo: (path: string, owner: string) => Promise<Result<void, string>>;
  /** Why no worker can run as that user and group; null where one can, as far as is known beforehand. */
  readonly identityFault: (wanted: Pick<WatcherSpec, "uid" | "gid">) => string | null;
  /** Takes over what of [circus] concerns the program itself. @returns options whose change takes effect at the next start alone */
  readonly adopt: (now: ArbiterSpec, before: ArbiterSpec) => readonly string[];
  /** The daemon's own pid, for `dstats`. */
  readonly pid: number;
}

export interface RunnerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: ProcessHost;
  readonly outputs: Outputs;
  readonly hooks: Hooks;
  readonly daemon: DaemonFacts;
  readonly onActivity: Sockets["onActivity"];
  readonly sockets: SocketTable;
  readonly spawns: SpawnQueue;
  readonly publisher: Publisher;
  /** The watcher is essential and has ended without a command to. */
  readonly onOver: (demise: Demise) => void;
  /** The watcher was removed for good. */
  readonly onRemoved: () => void;
}
