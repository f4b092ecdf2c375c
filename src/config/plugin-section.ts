/** A [plugin:NAME] section to a spec, with the watcher that runs the plugin. */
import { PLUGIN_FORCED, defaultPluginWatcher, parseBoolean, watcherOption } from "../core/options.js";
import { parsePluginUse } from "../core/plugin-use.js";
import type { PluginSpec, WatcherSpec } from "../core/spec.js";
import { Findings } from "./diagnose.js";
import { type Entry, type Section, entryOf } from "./ini.js";
import { type Expand, type World, apply, cannotUse, resolveModule } from "./reading.js";
import { type FamilyReading, readFamily, readStreams } from "./watcher-families.js";

export interface ReadPlugin {
  readonly spec: PluginSpec;
  readonly section: Section;
  readonly findings: Findings;
}

const PREFIX = "plugin:";

/**
 * Reads the section; what is at fault stays at its default and is told in the findings. The watcher's
 * command stays empty: whoever starts the plugin knows it.
 * @param options.debug shows the plugin's standard output
 */
export function readPlugin(
  section: Section,
  expand: Expand,
  { world, debug }: { readonly world: World; readonly debug: boolean },
): ReadPlugin {
  const findings = new Findings(section.diagnostics);
  const name = section.name.slice(PREFIX.length);
  const use = entryOf(section, "use");
  if (use === null || use.value.trim() === "")
    findings.error(`[${section.name}] does not say which plugin it is: add use = …`, (use ?? section).place);
  const own = section.entries.filter(({ key }) => key !== "use" && key !== "active");
  let watcher: WatcherSpec = { ...defaultPluginWatcher(name), closeChildStdout: !debug };
  const reading = { section, findings, expand, world };
  for (const entry of own) if (!PLUGIN_FORCED.includes(entry.key)) watcher = readEntry(watcher, { ...reading, entry });
  watcher = readStreams(watcher, reading);
  // What goes nowhere could not be written down.
  if (watcher.stdoutStream !== null && entryOf(section, "close_child_stdout") === null) watcher = { ...watcher, closeChildStdout: false };
  const options = Object.fromEntries(own.map(({ key, value }) => [key, expand(value)]));
  const active = readActive(section, findings, expand);
  const place = (use ?? section).place;
  const target = resolveModule(expand(use?.value ?? "").trim(), place, world);
  const understood = parsePluginUse(target);
  if (active && target !== "" && !understood.ok) {
    findings.warning(`Cannot start [${section.name}] with use "${target}": ${understood.failure}; everything else starts`, place);
  }
  const spec: PluginSpec = { name, use: target, active, options, watcher };
  return { spec, section, findings };
}

/** What is no option of a watcher is the plugin's alone. */
function readEntry(watcher: WatcherSpec, reading: FamilyReading & { readonly entry: Entry }): WatcherSpec {
  const { entry, expand } = reading;
  const option = watcherOption(entry.key);
  if (option !== null) return apply(option, watcher, reading);
  return readFamily(watcher, reading) ?? { ...watcher, freeForm: { ...watcher.freeForm, [entry.key]: expand(entry.value) } };
}

function readActive(section: Section, findings: Findings, expand: Expand): boolean {
  const entry = entryOf(section, "active");
  if (entry === null) return true;
  const value = expand(entry.value);
  const active = parseBoolean(value);
  if (active === null) findings.error(cannotUse({ key: "active", value, section: section.name }, "expected true or false"), entry.place);
  return active ?? true;
}
