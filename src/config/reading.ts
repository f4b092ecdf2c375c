/** What every reader of a section needs: variables, places of modules, and options by their table. */
import { nearest, type Option } from "../core/options.js";
import { replaceVariables } from "../core/variables.js";
import type { Environment, Place } from "../core/spec.js";
import { Findings, suggestion } from "./diagnose.js";
import type { Entry, Section } from "./ini.js";

/** The variables of the daemon, as `process.env` has them. */
export type DaemonEnvironment = Readonly<Record<string, string | undefined>>;

/** What the schema needs to know of the world around the files. */
export interface World {
  readonly environment: DaemonEnvironment;
  /** Names of sockets that need no section. */
  readonly sockets: readonly string[];
  /** Makes a path absolute that was written in that file. */
  resolvePath(path: string, file: string): string;
}

/** Replaces `$(circus.env.NAME)` and `((circus.env.NAME))` in a value; what is not known stays. */
export type Expand = (text: string) => string;

/** @param layers the later ones go before the earlier; names are looked up in any case */
export function expander(...layers: readonly (DaemonEnvironment | Environment)[]): Expand {
  const known = new Map<string, string>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) if (value !== undefined) known.set(`env.${name.toLowerCase()}`, value);
  }
  return (text) => replaceVariables(text, (name) => known.get(name));
}

/** Options that Circus's manual or its code knows, that do nothing here, and what to do instead. */
export type DeadOptions = ReadonlyMap<string, string>;

/**
 * Reads sections whose options all stand in one table; what does not is reported and left alone.
 * @returns the spec and the findings about the section; a value that is wrong leaves the default in its place
 */
export function readByTable<S>(section: Section, spec: S, rules: TableRules<S>): { readonly spec: S; readonly findings: Findings } {
  const findings = new Findings(section.diagnostics);
  let read = spec;
  for (const entry of section.entries) {
    const option = rules.options.find(({ name }) => name === entry.key);
    const advice = rules.dead.get(entry.key);
    if (option !== undefined) read = apply(option, read, { entry, section, findings, expand: rules.expand });
    else if (advice !== undefined) findings.warning(`"${entry.key}" in [${section.name}] has no effect: ${advice}`, entry.place);
    else if (!rules.others.includes(entry.key) && !entry.inherited) {
      const near = nearest(entry.key, [...rules.options.map(({ name }) => name), ...rules.others]);
      findings.warning(`"${entry.key}" in [${section.name}] is not an option and is ignored${suggestion(near)}`, entry.place);
    }
  }
  return { spec: read, findings };
}

export interface TableRules<S> {
  readonly options: readonly Option<S>[];
  readonly dead: DeadOptions;
  /** Names that someone else reads. */
  readonly others: readonly string[];
  readonly expand: Expand;
}

export interface Reading {
  readonly entry: Entry;
  readonly section: Section;
  readonly findings: Findings;
  readonly expand: Expand;
}

/** Reads one entry by its option; a value that is wrong is an error and leaves the spec as it is. */
export function apply<S>(option: Option<S>, spec: S, { entry, section, findings, expand }: Reading): S {
  const value = expand(entry.value);
  const change = option.parseText(value);
  if (change.ok) return change.value(spec);
  findings.error(cannotUse({ key: entry.key, value, section: section.name }, change.failure), entry.place);
  return spec;
}

/** `Cannot use numprocesses "x" in [watcher:web]: expected an integer of 0 or more` */
export function cannotUse(
  { key, value, section }: { readonly key: string; readonly value: string; readonly section: string },
  why: string,
): string {
  return `Cannot use ${key} "${value}" in [${section}]: ${why}`;
}

const RELATIVE_MODULE = /^(\.{1,2}\/.*?)(:[^:]*)?$/s;

/** Makes the module of `./hooks.js:check` absolute, seen from the file in which it is written; anything else stays. */
export function resolveModule(target: string, place: Place, world: World): string {
  const match = RELATIVE_MODULE.exec(target);
  return match === null ? target : world.resolvePath(match[1] ?? "", place.file) + (match[2] ?? "");
}
