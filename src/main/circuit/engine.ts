/** The engine that a server learns of the others with, made of the rooms. */
import { createMesh, type MeshOptions } from "../../cluster/mesh/mesh.js";
import type { NodeOptions } from "../../cluster/node.js";
import type { ClusterSpec } from "../../core/circuit/spec.js";
import { parseHostPort } from "../../core/options.js";
import { openByteStream } from "../../os/byte-stream.js";
import type { ListenPlace } from "../../os/listen-place.js";
import type { ClusterKey } from "../../wire/circuit/link.js";
import type { AgentRunner } from "./serf-agent.js";

export interface EngineParts extends Pick<MeshOptions, "clock" | "random" | "log" | "known" | "announcer"> {
  readonly place: ListenPlace;
  readonly keys: readonly ClusterKey[];
  /** Who keeps a serf agent running. @throws Error where nobody can */
  readonly runSerf: () => Promise<AgentRunner>;
}

export interface Engine {
  readonly membership: NodeOptions["membership"];
  /** What stands goes on. */
  rekey(keys: readonly ClusterKey[]): Promise<void>;
  /** Ends what was prepared, where the server has not come about. Never rejects. */
  abandon(): Promise<void>;
}

/** @throws Error that says why there can be none */
export async function openEngine(spec: ClusterSpec, { runSerf, place, keys, ...parts }: EngineParts): Promise<Engine> {
  const common = { ...parts, seeds: spec.join };
  if (spec.engine === "mesh") {
    return {
      membership: (self, dial) => createMesh({ self, dial, ...common }),
      rekey: () => Promise.resolve(),
      abandon: () => Promise.resolve(),
    };
  }
  const { createSerf } = await import("../../cluster/serf/serf.js");
  const { prepareSerfAgent } = await import("./serf-agent.js");
  const isAnywhere = parseHostPort(spec.listen)?.port === 0;
  const { serfBind: bind, serfProfile: profile } = spec;
  const agent = await prepareSerfAgent({ place, bind, profile, isAnywhere, keys, runner: await runSerf(), log: parts.log });
  return {
    membership: (self, dial) => createSerf({ self, dial, ...common, agent, open: openByteStream }),
    rekey: (changed) => agent.rekey(changed),
    abandon: () => agent.stop(),
  };
}
