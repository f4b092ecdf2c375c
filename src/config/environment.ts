/** The [env] and [env:NAME,OTHER*] sections: what the workers' environment is. */
import { expandDollars } from "../core/options.js";
import type { Environment } from "../core/spec.js";
import { Findings } from "./diagnose.js";
import { matcher } from "../core/fnmatch.js";
import type { Section } from "./ini.js";
import { type DaemonEnvironment, expander } from "./reading.js";

export interface Environments {
  /** What [env] gives to every watcher. */
  readonly shared: Environment;
  /** Everything that a watcher of that name gets; a later section goes before an earlier one. */
  of(watcher: string): Environment;
  readonly findings: Findings;
}

const PREFIX = "env:";

/**
 * Reads all env sections. In values `$NAME` is the daemon's variable, an unset one vanishes, and
 * `$(circus.env.NAME)` also knows what [env] says.
 * @param watchers names of all watchers, to notice a section that fits none
 */
export function readEnvironments(sections: readonly Section[], environment: DaemonEnvironment, watchers: readonly string[]): Environments {
  const findings = new Findings();
  const general = sections.find(({ name }) => name === "env");
  const shared = general === undefined ? {} : readEnvironment(general, environment, {});
  const special = sections.filter(({ name }) => name.startsWith(PREFIX)).map((section) => ({ section, fits: fitter(section) }));
  // A line that cannot be read is everybody's fault here: no single watcher could be left out for it.
  findings.include(general?.diagnostics ?? []);
  for (const { section, fits } of special) {
    findings.include(section.diagnostics);
    if (!watchers.some(fits)) findings.warning(`[${section.name}] fits no watcher`, section.place);
  }
  return {
    shared,
    of: (watcher) =>
      special
        .filter(({ fits }) => fits(watcher))
        .reduce((env, { section }) => ({ ...env, ...readEnvironment(section, environment, shared) }), shared),
    findings,
  };
}

function fitter(section: Section): (watcher: string) => boolean {
  const patterns = section.name
    .slice(PREFIX.length)
    .split(",")
    .map((pattern) => matcher(pattern.trim()));
  return (watcher) => patterns.some((matches) => matches(watcher));
}

function readEnvironment(section: Section, environment: DaemonEnvironment, shared: Environment): Environment {
  const expand = expander(environment, shared);
  return Object.fromEntries(section.entries.map(({ key, value }) => [key, expandDollars(expand(value), environment).trim()]));
}
