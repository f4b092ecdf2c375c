/** Options of a watcher that come as many: limits, hooks, and those of the streams. */
import {
  DEPRECATED_STREAM_OPTION,
  isHookName,
  isLimitKey,
  limitFromText,
  limitName,
  nearest,
  parseHook,
  readStreamConf,
  streamOptionNames,
} from "../core/options.js";
import { HOOK_NAMES, type StreamSpec, type WatcherSpec } from "../core/spec.js";
import { type Findings, suggestion } from "./diagnose.js";
import { type Entry, type Section, entryOf } from "./ini.js";
import { type Expand, type World, cannotUse, resolveModule } from "./reading.js";

export const STREAMS = ["stdout_stream", "stderr_stream"] as const;

export interface FamilyReading {
  readonly section: Section;
  readonly findings: Findings;
  readonly expand: Expand;
  readonly world: World;
}

interface EntryReading extends FamilyReading {
  readonly entry: Entry;
}

/**
 * Reads `rlimit_nofile`, `hooks.before_start` and the like. Streams stay as they are: their options make sense only
 * together, which `readStreams` sees to.
 * @returns null where the entry is of no family
 */
export function readFamily(spec: WatcherSpec, reading: EntryReading): WatcherSpec | null {
  const { key } = reading.entry;
  if (isLimitKey(key)) return readLimit(spec, reading);
  if (key.startsWith("hooks.")) return readHook(spec, reading);
  return streamOf(key) === null ? null : spec;
}

/** Reads the options of both streams. */
export function readStreams(spec: WatcherSpec, reading: FamilyReading): WatcherSpec {
  return STREAMS.reduce((read, stream) => readStream(read, stream, reading), spec);
}

function readLimit(spec: WatcherSpec, { entry, section, findings, expand }: EntryReading): WatcherSpec {
  const name = limitName(entry.key);
  const value = expand(entry.value);
  const limit = limitFromText(value);
  if (name.ok && limit.ok) return { ...spec, limits: { ...spec.limits, [name.value]: limit.value } };
  const where = { key: entry.key, value, section: section.name };
  if (!name.ok) findings.error(`[${section.name}]: ${name.failure}`, entry.place);
  if (!limit.ok) findings.error(cannotUse(where, limit.failure), entry.place);
  return spec;
}

function readHook(spec: WatcherSpec, { entry, section, findings, expand, world }: EntryReading): WatcherSpec {
  const name = entry.key.slice("hooks.".length);
  if (!isHookName(name)) {
    findings.warning(
      `"${entry.key}" in [${section.name}] is not a hook and never runs${suggestion(nearest(name, HOOK_NAMES))}`,
      entry.place,
    );
    return spec;
  }
  const value = expand(entry.value);
  const hook = parseHook(value);
  if (hook.ok)
    return { ...spec, hooks: { ...spec.hooks, [name]: { ...hook.value, target: resolveModule(hook.value.target, entry.place, world) } } };
  findings.error(cannotUse({ key: entry.key, value, section: section.name }, hook.failure), entry.place);
  return spec;
}

function streamOf(key: string): (typeof STREAMS)[number] | null {
  return STREAMS.find((stream) => key.startsWith(`${stream}.`)) ?? null;
}

function readStream(spec: WatcherSpec, name: (typeof STREAMS)[number], { section, findings, expand, world }: FamilyReading): WatcherSpec {
  const entries = section.entries.filter(({ key }) => streamOf(key) === name);
  const [first] = entries;
  if (first === undefined) return spec;
  const conf = Object.fromEntries(entries.map((entry) => [entry.key.slice(name.length + 1), expand(entry.value)]));
  const stream = readStreamConf(name, conf);
  if (!stream.ok) {
    for (const { key, message } of stream.failure)
      findings.error(`[${section.name}]: ${message}`, (entryOf(section, `${name}.${key}`) ?? first).place);
    return spec;
  }
  const place = (entryOf(section, `${name}.class`) ?? first).place;
  const resolved: StreamSpec = { ...stream.value, class: resolveModule(stream.value.class, place, world) };
  warnStreamOptions(resolved.class, { name, entries, section, findings });
  return name === "stdout_stream" ? { ...spec, stdoutStream: resolved } : { ...spec, stderrStream: resolved };
}

interface StreamEntries {
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly section: Section;
  readonly findings: Findings;
}

function warnStreamOptions(className: string, { name, entries, section, findings }: StreamEntries): void {
  const known = streamOptionNames(className);
  for (const { key, place } of entries) {
    const option = key.slice(name.length + 1);
    if (option === DEPRECATED_STREAM_OPTION) findings.warning(`"${key}" in [${section.name}] has no effect: leave it out`, place);
    else if (known !== null && option !== "class" && !known.includes(option)) {
      findings.warning(
        `"${key}" in [${section.name}] is ignored: ${className} does not take it${suggestion(nearest(option, known))}`,
        place,
      );
    }
  }
}
