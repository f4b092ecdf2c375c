/** A watcher's options as the `options` and `get` commands show them. */
import type { OptionValue, StreamSpec, WatcherSpec } from "../spec.js";
import { WATCHER_OPTIONS } from "./table.js";
import { isOptionValue, objectEntries } from "./values.js";

/**
 * All options by name in Circus's types and order, free-form ones included. Beyond Circus's it shows those
 * that `set` and a file take and Circus keeps to itself: autostart, hooks, limits, streams with their class.
 * @param cwd directory that a watcher without one runs in
 */
export function presentOptions(spec: WatcherSpec, cwd: string | null = null): Readonly<Record<string, OptionValue>> {
  const shown: [string, OptionValue][] = WATCHER_OPTIONS.map((option) => [option.name, option.present(spec)]);
  shown.push(["env", spec.env]);
  shown.push(["working_dir", spec.workingDir ?? cwd]);
  shown.push(...presentStream("stdout_stream", spec.stdoutStream, spec.internal));
  shown.push(...presentStream("stderr_stream", spec.stderrStream, spec.internal));
  shown.push(["hooks", presentHooks(spec)]);
  for (const [name, value] of Object.entries(spec.limits)) shown.push([`rlimit_${name}`, value === "infinity" ? null : value]);
  const all = new Map([...Object.entries(spec.freeForm), ...shown]);
  return Object.fromEntries([...all].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** One option by name, also one of a family as `set` takes it: `hooks.before_start`, `stdout_stream.class`; undefined where there is none. */
export function presentOption(spec: WatcherSpec, key: string, cwd: string | null = null): OptionValue | undefined {
  const all = presentOptions(spec, cwd);
  if (Object.hasOwn(all, key)) return all[key];
  const [family = "", ...rest] = key.split(".");
  const members = ["hooks", "stdout_stream", "stderr_stream"].includes(family) ? objectEntries(all[family]) : null;
  const member = members?.find(([name]) => name === rest.join("."))?.[1];
  return isOptionValue(member) ? member : undefined;
}

/** Circus shows the configuration of a stream without its class, and null for a helper of its own. */
function presentStream(name: string, stream: StreamSpec | null, internal: boolean): readonly [string, OptionValue][] {
  if (stream === null) return [[`${name}_conf`, internal ? null : {}]];
  return [
    [`${name}_conf`, stream.options],
    [name, { class: stream.class, ...stream.options }],
  ];
}

function presentHooks(spec: WatcherSpec): OptionValue {
  return Object.fromEntries(
    Object.entries(spec.hooks).map(([name, hook]) => [name, hook.ignoreFailure ? `${hook.target},true` : hook.target]),
  );
}
