/** The one place where the rooms are joined into a daemon. */
import type { ArbiterParts } from "../arbiter/parts.js";
import type { Log } from "../core/ports.js";
import { systemClock } from "../os/clock.js";
import type { HandedSocket } from "../os/handed-sockets.js";
import { systemDiscovery } from "../os/discovery.js";
import { createHooks } from "../os/hooks.js";
import { resolveIdentity } from "../os/identity.js";
import { loadNative } from "../os/native.js";
import { LinuxProcessHost } from "../os/process-host.js";
import { giveTo } from "../os/ownership.js";
import { matchNames } from "../os/regex.js";
import { createSockets } from "../os/sockets.js";
import { createOutputs } from "../os/streams/outputs.js";
import { findVirtualenv } from "../os/virtualenv.js";
import type { Transport } from "../wire/transport.js";
import { openZmq } from "../wire/zmq/transport.js";
import { adopter } from "./adopt.js";
import type { Overrides } from "./circusd-options.js";
import { loadCommands } from "./load-commands.js";
import { openCircuit } from "./circuit/open.js";
import { complete, loadFiles } from "./configuration.js";
import { ownEnvironment } from "./own-environment.js";

export interface Request {
  readonly config: string;
  readonly overrides: Overrides;
  readonly log: Log;
  /** Sockets that circusd was started with. */
  readonly handed: readonly HandedSocket[];
  /** The umask that circusd was started with. */
  readonly umask: number;
}

/** What differs between a daemon and a library inside somebody's program. */
export interface Setting {
  /** Whether it may take part in a circuit of servers. */
  readonly isServer: boolean;
  readonly log: Log;
  readonly transport: Transport;
  readonly load: ArbiterParts["load"];
  readonly adopt: ArbiterParts["adopt"];
  /** Sockets that the program was started with; none where it is left out. */
  readonly handed?: readonly HandedSocket[];
  /** Take over orphans, which is a trait of the whole program. */
  readonly subreaper: boolean;
  /** Whether the program has no children but the daemon's. */
  readonly alone: boolean;
}

const STDOUT = 1;

/** @throws where the system refuses what a daemon needs */
export async function assemble({ config, overrides, log, umask, handed }: Request): Promise<ArbiterParts> {
  return systemParts({
    log,
    transport: await openZmq(),
    load: async () => complete(await loadFiles(config, handed), overrides, handed),
    handed,
    adopt: adopter(umask),
    subreaper: true,
    alone: true,
    isServer: true,
  });
}

/** @throws where the system refuses what an arbiter needs */
export function systemParts({ log, transport, load, adopt, subreaper, alone, isServer, handed = [] }: Setting): ArbiterParts {
  const clock = systemClock();
  const native = loadNative();
  const host = new LinuxProcessHost(native, { subreaper, alone, log });
  const env = ownEnvironment();
  return {
    clock,
    random: Math.random,
    log,
    host,
    outputs: createOutputs({ log, clock, stdout: STDOUT }),
    sockets: createSockets({ handed }),
    hooks: createHooks({ log }),
    transport,
    discovery: systemDiscovery(),
    load,
    loadCommands,
    openCircuit: isServer ? openCircuit({ clock, log, host, env, transport }) : null,
    daemon: { env, dir: process.cwd(), findVirtualenv },
    matchNames,
    adopt,
    giveTo: (path, owner) => giveTo(native, path, owner),
    identityFault: (wanted) => {
      const identity = resolveIdentity(native, wanted);
      return identity.ok ? null : identity.failure.message;
    },
    pid: process.pid,
  };
}
