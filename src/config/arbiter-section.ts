/** The [circus] section to a spec. */
import { ARBITER_DEFAULTS, ARBITER_OPTIONS, INCLUDE_OPTIONS } from "../core/options.js";
import type { ArbiterSpec } from "../core/spec.js";
import { Findings } from "./diagnose.js";
import { type Section, entryOf } from "./ini.js";
import { type DeadOptions, type Expand, type World, readByTable, resolveModule } from "./reading.js";

const DEAD: DeadOptions = new Map([
  ["stream_backend", "leave it out; output is never read by threads"],
  ["statsd_close_outputs", "leave it out; the output of circusd-stats is shown only with debug = True"],
  ["httpd_close_outputs", "leave it out; the output of circushttpd is shown only with debug = True"],
  ["debug_gc", "run circusd with NODE_OPTIONS=--trace-gc to watch the garbage collector"],
  ["papa_endpoint", "leave it out; processes and sockets are kept by circusd"],
  ["ssh_server", "leave it out, and use circusctl --ssh"],
  ["prereload_fn", "leave it out; it belonged to Circus's Python interface"],
]);

/** Reads the section; what is at fault stays at its default and is told in the findings. */
export function readArbiter(
  section: Section | null,
  expand: Expand,
  world: World,
): { readonly spec: ArbiterSpec; readonly findings: Findings } {
  if (section === null) return { spec: ARBITER_DEFAULTS, findings: new Findings() };
  const rules = { options: ARBITER_OPTIONS, dead: DEAD, others: INCLUDE_OPTIONS.map(({ name }) => name), expand };
  const { spec: written, findings } = readByTable(section, ARBITER_DEFAULTS, rules);
  const place = (entryOf(section, "commands") ?? section).place;
  const spec = { ...written, commands: written.commands.map((module) => resolveModule(module, place, world)) };
  const stats = entryOf(section, "stats_endpoint");
  if (stats === null || spec.statsd) return { spec, findings };
  findings.warning(`stats_endpoint in [circus] turns statsd on: say so with statsd = True`, stats.place);
  return { spec: { ...spec, statsd: true }, findings };
}
