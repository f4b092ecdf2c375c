/** The one place where the rooms are joined into a daemon. */
import type { ArbiterParts } from "../arbiter/parts.js";
import { loadConfig } from "../config/load.js";
import type { Log } from "../core/ports.js";
import { systemClock } from "../os/clock.js";
import { createHooks } from "../os/hooks.js";
import { resolveIdentity } from "../os/identity.js";
import { loadNative } from "../os/native.js";
import { LinuxProcessHost } from "../os/process-host.js";
import { giveTo } from "../os/ownership.js";
import { matchNames } from "../os/regex.js";
import { createSockets } from "../os/sockets.js";
import { createOutputs } from "../os/streams/outputs.js";
import { findVirtualenv } from "../os/virtualenv.js";
import { openZmq } from "../wire/zmq/transport.js";
import { adopter } from "./adopt.js";
import type { Overrides } from "./circusd-options.js";
import { complete } from "./configuration.js";
import { ownEnvironment } from "./own-environment.js";

export interface Request {
  readonly config: string;
  readonly overrides: Overrides;
  readonly log: Log;
  /** The umask that circusd was started with. */
  readonly umask: number;
}

const STDOUT = 1;

/** @throws where the system refuses what a daemon needs */
export async function assemble({ config, overrides, log, umask }: Request): Promise<ArbiterParts> {
  const clock = systemClock();
  const native = loadNative();
  return {
    clock,
    random: Math.random,
    log,
    host: new LinuxProcessHost(native, { subreaper: true, log }),
    outputs: createOutputs({ log, clock, stdout: STDOUT }),
    sockets: createSockets(),
    hooks: createHooks({ log }),
    transport: await openZmq(),
    load: async () => complete(await loadConfig(config, { environment: process.env }), overrides),
    daemon: { env: ownEnvironment(), dir: process.cwd(), findVirtualenv },
    matchNames,
    adopt: adopter(umask),
    giveTo: (path, owner) => giveTo(native, path, owner),
    identityFault: (wanted) => {
      const identity = resolveIdentity(native, wanted);
      return identity.ok ? null : identity.failure.message;
    },
    pid: process.pid,
  };
}
