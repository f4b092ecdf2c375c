/** A file and what it includes, from disk to a configuration. The only module of this room that reads files. */
import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { INCLUDE_OPTIONS } from "../core/options.js";
import type { Place } from "../core/spec.js";
import { Findings, inOrder } from "./diagnose.js";
import { readEnvironments } from "./environment.js";
import { type Directories, glob } from "./glob.js";
import { type Section, entryOf, mergeSections, parseIni } from "./ini.js";
import { type DaemonEnvironment, type Expand, expander } from "./reading.js";
import { type LoadedFiles, readSections } from "./schema.js";

export interface LoadOptions {
  /** The variables of the daemon, for `$(circus.env.NAME)` and `$NAME`. */
  readonly environment: DaemonEnvironment;
  /** Names of sockets that are there without a section; none where it is left out. */
  readonly sockets?: readonly string[];
}

export interface LoadedTree extends LoadedFiles {
  /** The main file and those it includes, in the order in which they are read. */
  readonly files: readonly string[];
}

/**
 * Reads circus.ini and the files it includes. It never rejects: whatever is wrong is told in `diagnostics`, in
 * the order of files and lines.
 * @example `const { config, diagnostics } = await loadConfig("circus.ini", { environment: process.env })`
 */
export async function loadConfig(file: string, { environment, sockets: handed = [] }: LoadOptions): Promise<LoadedTree> {
  const findings = new Findings();
  const main = await readSectionsOf(file, findings, null);
  const included = main === null ? [] : await readIncluded({ file, sections: main, environment }, findings);
  const sections = mergeSections([...(main ?? []), ...included.flatMap(({ sections: more }) => more ?? [])]);
  const read = readSections(sections, { environment, sockets: handed, resolvePath: (path, from) => resolve(dirname(from), path) });
  const incomplete = main === null || included.some(({ sections: more }) => more === null);
  const files = [file, ...included.map(({ path }) => path)];
  return {
    ...read,
    files,
    diagnostics: inOrder([...findings.list, ...read.diagnostics], files),
    ...(incomplete ? { incomplete } : {}),
  };
}

interface Main {
  readonly file: string;
  readonly sections: readonly Section[];
  readonly environment: DaemonEnvironment;
}

interface Included {
  readonly path: string;
  /** Null where the file could not be read. */
  readonly sections: readonly Section[] | null;
}

async function readIncluded({ file, sections, environment }: Main, findings: Findings): Promise<readonly Included[]> {
  const merged = mergeSections(sections);
  const circus = merged.find(({ name }) => name === "circus") ?? null;
  const expand = expander(environment, readEnvironments(merged, environment, []).shared);
  const included = new Map<string, Included>();
  for (const { pattern, place } of patternsOf(circus, expand)) {
    const paths = await glob(resolve(dirname(file), pattern), DISK);
    if (paths.length === 0) findings.warning(`Nothing matches "${pattern}": paths are relative to the main configuration file`, place);
    for (const path of paths) {
      // A pattern like *.ini may well match the main file.
      if (included.has(path) || path === resolve(file)) continue;
      const read = await readSectionsOf(path, findings, place);
      included.set(path, { path, sections: read });
      warnNested(read ?? [], findings);
    }
  }
  return [...included.values()];
}

function patternsOf(circus: Section | null, expand: Expand): readonly { readonly pattern: string; readonly place: Place }[] {
  return INCLUDE_OPTIONS.flatMap(({ name: option }) => {
    const entry = entryOf(circus, option);
    if (entry === null) return [];
    const words = expand(entry.value)
      .split(/\s+/)
      .filter((word) => word !== "");
    return words.map((word) => ({ pattern: option === "include_dir" ? `${word}/*.ini` : word, place: entry.place }));
  });
}

function warnNested(sections: readonly Section[], findings: Findings): void {
  for (const section of sections.filter(({ name }) => name === "circus")) {
    for (const { name: option } of INCLUDE_OPTIONS) {
      const entry = entryOf(section, option);
      if (entry !== null)
        findings.warning(`"${option}" in an included file is ignored: only the main configuration file includes others`, entry.place);
    }
  }
}

/** @returns null where the file cannot be read, which is then told */
async function readSectionsOf(file: string, findings: Findings, from: Place | null): Promise<readonly Section[] | null> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
    const { sections, diagnostics } = parseIni(text, file);
    findings.include(diagnostics);
    return sections;
  } catch (error) {
    findings.error(`Cannot read configuration "${file}": ${reason(error)}`, from);
    return null;
  }
}

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "no such file"],
  ["EACCES", "permission denied"],
  ["EISDIR", "it is a directory"],
  ["ERR_ENCODING_INVALID_ENCODED_DATA", "it is not UTF-8 text"],
]);

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return REASONS.get(code) ?? (error instanceof Error ? error.message : String(error));
}

const DISK: Directories = {
  async list(directory) {
    return readdir(directory).catch(() => []);
  },
  async exists(path) {
    return stat(path).then(
      () => true,
      () => false,
    );
  },
};
