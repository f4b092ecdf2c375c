/**
 * Circus's INI dialect: text to sections of entries, each with its place. Values stay text; what they mean
 * is the schema's affair. docs/decisions/002-ini-dialect.md tells why this is not left to a library.
 */
import type { Diagnostic, Place } from "../core/spec.js";
import { Findings } from "./diagnose.js";

export interface Entry {
  readonly key: string;
  readonly value: string;
  readonly place: Place;
  /** It stands in [DEFAULT], from which every section inherits. */
  readonly inherited: boolean;
  /** A semicolon in its line began a comment, which is not part of the value. */
  readonly commented: boolean;
}

export interface Section {
  readonly name: string;
  /** Of its first header. */
  readonly place: Place;
  /** Each key once. */
  readonly entries: readonly Entry[];
  /** What is wrong with its lines. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Parsed {
  /** In the order of the text. A header that stands twice gives two sections: {@link mergeSections} joins them. */
  readonly sections: readonly Section[];
  /** About lines that belong to no section. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The section that every other one inherits from. */
export const DEFAULTS = "DEFAULT";

interface OpenEntry {
  readonly key: string;
  readonly place: Place;
  readonly commented: boolean;
  readonly lines: string[];
}

interface OpenSection {
  readonly name: string;
  readonly place: Place;
  readonly entries: OpenEntry[];
  readonly findings: Findings;
}

/** Reads one file's text; a fault in a line is reported and the rest is read on. */
export function parseIni(text: string, file: string): Parsed {
  const outside = new Findings();
  const sections: OpenSection[] = [];
  let section: OpenSection | null = null;
  let entry: OpenEntry | null = null;
  let lost = false;
  for (const [index, line] of lines(text).entries()) {
    const place: Place = { file, line: index + 1 };
    if (line.trim() === "" || isComment(line)) continue;
    if (/^\s/.test(line) && section !== null && entry !== null) {
      continueEntry(entry, line, { place, findings: section.findings });
      continue;
    }
    // Under a header there is no value that an indented comment could belong to.
    if (/^\s+[#;]/.test(line)) continue;
    const header = headerOf(line);
    if (header !== null) {
      section = { name: header, place, entries: [], findings: new Findings() };
      sections.push(section);
      entry = null;
    } else if (section === null) {
      // One message for all lines before the first header.
      if (!lost) outside.error(`Cannot read ${show(line)}: no section such as [circus] has begun yet`, place);
      lost = true;
    } else {
      entry = openEntry(line, place, section.findings);
      if (entry !== null) section.entries.push(entry);
    }
  }
  return { sections: sections.map(close), diagnostics: outside.list };
}

/**
 * Joins sections of equal name, in the order of their first appearance: the first value of a key wins, as
 * in Circus, and each later one is a warning. What stands in [DEFAULT] is added where a section lacks it.
 */
export function mergeSections(sections: readonly Section[]): readonly Section[] {
  const byName = new Map<string, Section>();
  for (const section of sections) {
    const first = byName.get(section.name);
    byName.set(section.name, join(first ?? { ...section, entries: [], diagnostics: [] }, section));
  }
  const defaults = byName.get(DEFAULTS)?.entries ?? [];
  return [...byName.values()].map((section) => (section.name === DEFAULTS ? section : inherit(section, defaults)));
}

/** The entry of that key, or null. */
export function entryOf(section: Section | null, key: string): Entry | null {
  return section?.entries.find((entry) => entry.key === key) ?? null;
}

function lines(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
}

/** Only at the very start of a line; `rem` is one too, as in the files of old Windows programs. */
function isComment(line: string): boolean {
  return /^[#;]/.test(line) || /^rem(\s|$)/i.test(line);
}

/** Brackets may stand in a name, for `[env:web[12]]`; a comment may follow the header. */
function headerOf(line: string): string | null {
  const match = /^\[(.+?)\]\s*(?:[#;].*)?$/s.exec(line) ?? /^\[([^\]]+)\]/.exec(line);
  return match?.[1] ?? null;
}

function openEntry(line: string, place: Place, findings: Findings): OpenEntry | null {
  const match = /^(.*?)\s*[=:]\s*(.*)$/s.exec(line);
  const key = match?.[1]?.trim() ?? "";
  if (match === null || key === "") {
    findings.error(`Cannot read ${show(line)}: expected "key = value" or "[section]"`, place);
    return null;
  }
  const { value, commented } = valueOf(match[2] ?? "");
  if (value.startsWith(";"))
    findings.warning(`The value of "${key}" begins with a semicolon: write "" before it if the value is empty`, place);
  return { key, place, commented, lines: [value] };
}

/** Only the first `;` is looked at: it begins a comment where a space stands before it. */
function valueOf(written: string): Pick<Entry, "value" | "commented"> {
  const semicolon = written.indexOf(";");
  const commented = semicolon > 0 && /\s/.test(written.charAt(semicolon - 1));
  const value = (commented ? written.slice(0, semicolon) : written).trim();
  return { value: value === '""' ? "" : value, commented };
}

function continueEntry(entry: OpenEntry, line: string, { place, findings }: { readonly place: Place; readonly findings: Findings }): void {
  const more = line.trim();
  entry.lines.push(more);
  // Both are legal, and both are nearly always a slip that Circus swallows without a word.
  if (/^[#;]/.test(more)) {
    findings.warning(`This indented comment is part of the value of "${entry.key}": begin it in the first column`, place);
  } else if (/^[a-z_]+(\.\w+)?\s+=\s/.test(more)) {
    findings.warning(`This indented line is part of the value of "${entry.key}": begin it in the first column if it is an option`, place);
  }
}

function close({ name, place, entries, findings }: OpenSection): Section {
  const closed = entries.map(({ lines: parts, ...entry }): Entry => ({ ...entry, value: parts.join("\n"), inherited: false }));
  return { name, place, entries: closed, diagnostics: findings.list };
}

function join(first: Section, more: Section): Section {
  const findings = new Findings([...first.diagnostics, ...more.diagnostics]);
  const entries = [...first.entries];
  const known = new Map(entries.map((entry) => [entry.key, entry]));
  for (const entry of more.entries) {
    const earlier = known.get(entry.key);
    if (earlier === undefined) {
      known.set(entry.key, entry);
      entries.push(entry);
    } else {
      const where = `${earlier.place.file === entry.place.file ? "" : `${earlier.place.file}, `}line ${earlier.place.line}`;
      findings.warning(`"${entry.key}" in [${first.name}] is ignored: its first value, in ${where}, counts`, entry.place);
    }
  }
  return { name: first.name, place: first.place, entries, diagnostics: findings.list };
}

function inherit(section: Section, defaults: readonly Entry[]): Section {
  const missing = defaults.filter(({ key }) => entryOf(section, key) === null);
  return { ...section, entries: [...section.entries, ...missing.map((entry) => ({ ...entry, inherited: true }))] };
}

function show(line: string): string {
  return `"${line.trim()}"`;
}
