/** Sections to specs: sorts the sections by kind, has each read, and looks at what they say of one another. */
import { nearest } from "../core/options.js";
import type { Diagnostic, Loaded, Place } from "../core/spec.js";
import { referencedSockets } from "../core/variables.js";
import { readArbiter } from "./arbiter-section.js";
import { readCluster } from "./cluster-section.js";
import { Findings, suggestion } from "./diagnose.js";
import { readEnvironments } from "./environment.js";
import { DEFAULTS, type Section, entryOf } from "./ini.js";
import { readPlugin } from "./plugin-section.js";
import { type World, expander } from "./reading.js";
import { readSocket } from "./socket-section.js";
import { type ReadWatcher, readWatcher } from "./watcher-section.js";

const WATCHER = "watcher:";
const PREFIXED = [WATCHER, "socket:", "plugin:", "env:"];

/** A configuration that was read from files, with what is needed to tell where in them something stands. */
export interface LoadedFiles extends Loaded {
  /** Of an option in a section such as `watcher:web`, or of the section where the option stands nowhere; null where there is no such section. */
  readonly placeOf: (section: string, option: string) => Place | null;
}

/**
 * Makes a configuration of merged sections. Nothing is thrown: a section with an error is left out and
 * named in `faulty`, and everything that is wrong anywhere is told.
 */
export function readSections(sections: readonly Section[], world: World): LoadedFiles {
  const named = (prefix: string): readonly Section[] =>
    sections.filter(({ name }) => name.startsWith(prefix) && name !== prefix).toSorted(byName);
  const odd = reportOdd(sections);
  const used = (prefix: string): readonly Section[] =>
    named(prefix).filter(({ entries, diagnostics }) => entries.length + diagnostics.length > 0);
  const watcherSections = used(WATCHER);
  const names = watcherSections.map(({ name }) => name.slice(WATCHER.length));
  const environments = readEnvironments(sections, world.environment, names);
  const expand = expander(world.environment, environments.shared);
  const arbiter = readArbiter(sections.find(({ name }) => name === "circus") ?? null, expand, world);
  const cluster = readCluster(sections.find(({ name }) => name === "cluster") ?? null, expand, world);
  const sockets = used("socket:").map((section) => readSocket(section, expand));
  const plugins = used("plugin:").map((section) => readPlugin(section, expand, { world, debug: arbiter.spec.debug }));
  const watchers = watcherSections.map((section) => {
    const name = section.name.slice(WATCHER.length);
    const env = environments.of(name);
    return readWatcher(section, name, { world, env, expand: expander(world.environment, env) });
  });
  reportTwins(sockets);
  reportTwins(watchers);
  const socketNames = new Set([...sockets.map(({ spec }) => spec.name), ...world.sockets]);
  for (const watcher of watchers) checkSockets(watcher, socketNames);
  return {
    config: { arbiter: arbiter.spec, sockets: sound(sockets), watchers: sound(watchers), plugins: sound(plugins), cluster: cluster.spec },
    diagnostics: [
      odd,
      environments.findings,
      arbiter.findings,
      cluster.findings,
      ...[...sockets, ...plugins, ...watchers].map(({ findings }) => findings),
    ].flatMap((findings): readonly Diagnostic[] => findings.list),
    faulty: {
      arbiter: arbiter.findings.failed,
      cluster: cluster.findings.failed,
      watchers: faulty(watchers),
      sockets: faulty(sockets),
      plugins: faulty(plugins),
    },
    placeOf: (name, option) => {
      const section = sections.find((one) => one.name === name);
      return section === undefined ? null : placeOf(section, option);
    },
  };
}

interface Read<S> {
  readonly spec: S;
  readonly section: Section;
  readonly findings: Findings;
}

function sound<S>(read: readonly Read<S>[]): readonly S[] {
  return read.filter(({ findings }) => !findings.failed).map(({ spec }) => spec);
}

function faulty(read: readonly Read<{ readonly name: string }>[]): readonly string[] {
  return [...new Set(read.filter(({ findings }) => findings.failed).map(({ spec }) => spec.name))];
}

/** By code points, as Circus sorts. */
function byName(one: Section, other: Section): number {
  if (one.name === other.name) return 0;
  return one.name < other.name ? -1 : 1;
}

/** Sections that nobody reads, and empty ones, which Circus passes over. */
function reportOdd(sections: readonly Section[]): Findings {
  const findings = new Findings();
  for (const { name, place, entries, diagnostics } of sections) {
    const prefix = PREFIXED.find((known) => name.startsWith(known));
    const known = prefix !== undefined || name === "circus" || name === "cluster" || name === "env" || name === DEFAULTS;
    if (name === DEFAULTS) findings.include(diagnostics);
    if (name === prefix) findings.error(`[${name}] has no name: write it after the colon`, place);
    else if (!known) {
      findings.warning(`[${name}] is no section of a circus.ini and is ignored${suggestion(nearSection(name))}`, place);
    } else if (entries.length + diagnostics.length === 0 && name !== "circus" && name !== "cluster")
      findings.warning(`[${name}] is empty and is ignored`, place);
  }
  return findings;
}

function nearSection(name: string): string | null {
  const colon = name.indexOf(":");
  if (colon === -1) return nearest(name, ["circus", "cluster", "env"]);
  const near = nearest(name.slice(0, colon + 1), PREFIXED);
  return near === null ? null : near + name.slice(colon + 1);
}

/** Names are looked up in lower case, so of two that differ only in case neither can be had: it is not for us to choose. */
function reportTwins(read: readonly Read<{ readonly name: string }>[]): void {
  for (const { spec, section, findings } of read) {
    const twin = read.find((other) => other.section !== section && other.spec.name.toLowerCase() === spec.name.toLowerCase());
    if (twin === undefined) continue;
    findings.error(
      `[${section.name}] and [${twin.section.name}] are the same name, for case makes no difference: rename one`,
      section.place,
    );
  }
}

/** A socket's number can be had only where there is such a socket; one that is faulty itself has its own message. */
function checkSockets({ spec, section, findings }: ReadWatcher, sockets: ReadonlySet<string>): void {
  const texts = { cmd: spec.cmd, args: String(spec.args ?? "") };
  for (const key of ["cmd", "args"] as const) {
    const place = placeOf(section, key);
    const names = referencedSockets(texts[key]);
    for (const name of names) if (!sockets.has(name)) findings.error(noSocket(key, name), place);
    if (names.length > 0 && !spec.useSockets) {
      findings.warning(
        `${key} in [${section.name}] names a socket without use_sockets = True: it is passed on here, but Circus would not`,
        place,
      );
    }
    if (/\$\{circus\.[\w.-]+\}/i.test(texts[key])) {
      findings.warning(`\${circus.…} in ${key} of [${section.name}] is not replaced: write $(circus.…)`, place);
    }
  }
  const { stdinSocket } = spec;
  if (stdinSocket !== null && !sockets.has(stdinSocket))
    findings.error(noSocket("stdin_socket", stdinSocket), placeOf(section, "stdin_socket"));
  const none = stdinSocket === null && referencedSockets(`${texts.cmd} ${texts.args}`).length === 0;
  if (spec.onDemand && none) {
    findings.warning(
      `[${section.name}] is on_demand and names no socket: nothing will start it but a command`,
      placeOf(section, "on_demand"),
    );
  }

  function noSocket(key: string, name: string): string {
    return `${key} in [${section.name}] names the socket "${name}", which no [socket:${name}] defines${suggestion(nearest(name, sockets))}`;
  }
}

function placeOf(section: Section, key: string): Place {
  return entryOf(section, key)?.place ?? section.place;
}
