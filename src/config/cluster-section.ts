/** The [cluster] section to a spec. */
import type { ClusterSpec } from "../core/circuit/spec.js";
import { CLUSTER_DEFAULTS, CLUSTER_OPTIONS } from "../core/options.js";
import { Findings } from "./diagnose.js";
import { type Section, entryOf } from "./ini.js";
import { type Expand, type World, readByTable } from "./reading.js";

/** Reads the section, null where there is none; what is at fault stays at its default and is told in the findings. */
export function readCluster(
  section: Section | null,
  expand: Expand,
  world: World,
): { readonly spec: ClusterSpec | null; readonly findings: Findings } {
  if (section === null) return { spec: null, findings: new Findings() };
  const { spec, findings } = readByTable(section, CLUSTER_DEFAULTS, { options: CLUSTER_OPTIONS, dead: new Map(), others: [], expand });
  const absolute = (path: string | null, option: string): string | null =>
    path === null ? null : world.resolvePath(path, (entryOf(section, option) ?? section).place.file);
  return {
    spec: { ...spec, keyFile: absolute(spec.keyFile, "key_file"), stateDir: absolute(spec.stateDir, "state_dir") },
    findings,
  };
}
