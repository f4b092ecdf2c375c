/** A [watcher:NAME] section to a spec. */
import { LIMIT_NAMES, WATCHER_OPTIONS, defaultWatcher, nearest, parseBoolean, watcherOption } from "../core/options.js";
import type { Environment, OptionValue, WatcherSpec } from "../core/spec.js";
import { splitWords } from "../core/words.js";
import { Findings, suggestion } from "./diagnose.js";
import { type Entry, type Section, entryOf } from "./ini.js";
import { type DeadOptions, type Expand, type World, apply, cannotUse } from "./reading.js";
import { STREAMS, readFamily, readStreams } from "./watcher-families.js";

export interface ReadWatcher {
  readonly spec: WatcherSpec;
  readonly section: Section;
  readonly findings: Findings;
}

export interface WatcherContext {
  readonly world: World;
  readonly expand: Expand;
  readonly env: Environment;
}

const DEAD: DeadOptions = new Map([
  ["env", "write the variables in an [env:NAME] section"],
  ["name", "the name is the one in the section's header"],
  ["loop", "leave it out; it belonged to Circus's Python interface"],
  ["prereload_fn", "leave it out; it belonged to Circus's Python interface"],
  ["use_papa", "leave it out; processes end with circusd"],
  ["stdout_stream_conf", "write stdout_stream.class and the stream's options"],
  ["stderr_stream_conf", "write stderr_stream.class and the stream's options"],
]);

/** All names that a slip may have meant. */
const KNOWN: readonly string[] = [...WATCHER_OPTIONS.map(({ name }) => name), ...LIMIT_NAMES.map((name) => `rlimit_${name}`)];

/** Reads the section; what is at fault stays at its default and is told in the findings. */
export function readWatcher(section: Section, name: string, context: WatcherContext): ReadWatcher {
  const findings = new Findings(section.diagnostics);
  // A file that says nothing of arguments means none, which Circus shows as an empty text.
  let spec: WatcherSpec = { ...defaultWatcher(name, ""), args: "", env: context.env };
  for (const entry of section.entries) spec = readEntry(spec, { entry, section, findings, ...context });
  spec = readStreams(spec, { section, findings, ...context });
  if (spec.cmd.trim() === "") findings.error(`[${section.name}] has no cmd: say which program to run`, section.place);
  checkTogether(spec, section, findings);
  return { spec, section, findings };
}

interface Reading extends WatcherContext {
  readonly section: Section;
  readonly findings: Findings;
}

interface EntryReading extends Reading {
  readonly entry: Entry;
}

function readEntry(spec: WatcherSpec, reading: EntryReading): WatcherSpec {
  const { entry, section, findings, expand } = reading;
  const { key, place } = entry;
  const option = watcherOption(key);
  if (option !== null) return apply(option, spec, reading);
  const advice = DEAD.get(key);
  if (advice !== undefined) {
    findings.warning(`"${key}" in [${section.name}] has no effect: ${advice}`, place);
    return spec;
  }
  const family = readFamily(spec, reading);
  if (family !== null) return family;
  if (key === "hooks" || STREAMS.some((stream) => stream === key)) {
    findings.error(
      cannotUse(
        { key, value: entry.value, section: section.name },
        `write ${key}.${key === "hooks" ? "before_start" : "class"} or the like`,
      ),
      place,
    );
    return spec;
  }
  if (key === "check_flapping")
    findings.warning(`"check_flapping" in [${section.name}] has no effect: write flapping.active for the Flapping plugin`, place);
  else if (!entry.inherited) warnNear(reading);
  return { ...spec, freeForm: { ...spec.freeForm, [key]: freeForm(key, expand(entry.value)) } };
}

/** Free-form options are text, but for the one that Circus itself turns into a boolean. */
function freeForm(key: string, value: string): OptionValue {
  return key === "check_flapping" ? (parseBoolean(value) ?? value) : value;
}

function warnNear({ entry: { key, place }, section, findings }: EntryReading): void {
  const dot = key.indexOf(".");
  const near = dot === -1 ? nearest(key, KNOWN) : nearest(key.slice(0, dot), ["hooks", ...STREAMS]);
  if (near === null) return;
  const meant = dot === -1 ? near : near + key.slice(dot);
  findings.warning(`"${key}" in [${section.name}] is not an option of circusd and is only passed to plugins${suggestion(meant)}`, place);
}

/** What is wrong only because of another option. */
function checkTogether(spec: WatcherSpec, section: Section, findings: Findings): void {
  const at = (key: string): Section["place"] => entryOf(section, key)?.place ?? section.place;
  if (spec.singleton && spec.numprocesses > 1) {
    findings.error(
      `[${section.name}] is a singleton and cannot have ${spec.numprocesses} processes: leave out one of singleton and numprocesses`,
      at("numprocesses"),
    );
  }
  // A shell reads cmd by rules of its own; everything else is split here, and would fail at every start.
  for (const key of spec.shell ? (["args"] as const) : (["cmd", "args"] as const)) {
    const value = String(spec[key] ?? "");
    const words = splitWords(value);
    if (words.ok) continue;
    const advice = entryOf(section, key)?.commented
      ? ': the " ;" in its line begins a comment; write the semicolon without a space before it'
      : "; quote it, or put a backslash before it";
    findings.error(cannotUse({ key, value, section: section.name }, `${words.failure}${advice}`), at(key));
  }
  if (spec.shellArgs !== null && !spec.shell)
    findings.warning(`shell_args in [${section.name}] has no effect without shell = True`, at("shell_args"));
  if (spec.virtualenv !== null && !spec.copyEnv) findings.error(`virtualenv in [${section.name}] needs copy_env = True`, at("virtualenv"));
  if (spec.copyPath && !spec.copyEnv)
    findings.warning(`copy_path in [${section.name}] has no effect without copy_env = True`, at("copy_path"));
}
