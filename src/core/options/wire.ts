/**
 * Options that come as JSON: `add` makes a watcher of them, `set` changes one. Everything is validated
 * before anything is applied; failures are Circus's messages where Circus has one.
 */
import { readStream } from "../kept-output.js";
import { type Result, fail, succeed } from "../result.js";
import type { OptionValue, StreamSpec, WatcherSpec } from "../spec.js";
import { environmentFromWire } from "./environment.js";
import { hookFromWire, isHookName } from "./hooks.js";
import { args, decimal, text } from "./kinds.js";
import { isLimitKey, limitFromWire, limitName } from "./limits.js";
import { nearest } from "./near.js";
import { defaultPluginWatcher, PLUGIN_FORCED } from "./plugin.js";
import type { Change } from "./option.js";
import { repr } from "./repr.js";
import { streamFromConf } from "./streams.js";
import { type SetEffect, WATCHER_OPTIONS, defaultWatcher, watcherOption } from "./table.js";
import { isOptionValue, objectEntries } from "./values.js";

/** One option that `set` changed: what to publish as `updated`, and what is to be done. */
export interface SetChange {
  readonly key: string;
  readonly effect: SetEffect;
}

/** Properties of `add` as they came in. */
export interface WireWatcher {
  readonly name: unknown;
  readonly cmd: unknown;
  readonly args?: unknown;
  readonly options?: unknown;
}

type Step = { readonly change: Change<WatcherSpec>; readonly done: readonly SetChange[] };
type Read = Result<Step, string>;
type StreamName = "stdout_stream" | "stderr_stream";

/** Makes a watcher of an `add` command. */
export function watcherFromWire(given: WireWatcher): Result<WatcherSpec, string> {
  const name = text.parseWire("name", given.name);
  if (!name.ok) return name;
  if (name.value.trim() === "") return fail("message invalid 'name' is empty");
  const cmd = text.parseWire("cmd", given.cmd);
  if (!cmd.ok) return cmd;
  if (cmd.value.trim() === "") return fail("message invalid 'cmd' is empty");
  const list = args.parseWire("args", given.args ?? null);
  if (!list.ok) return list;
  const steps = readAll({ ...defaultWatcher(name.value, cmd.value), args: list.value }, given.options ?? {}, () => true);
  if (!steps.ok) return steps;
  const { spec } = steps.value;
  return spec.singleton && spec.numprocesses > 1
    ? fail(`Cannot have ${spec.numprocesses} processes with a singleton watcher`)
    : succeed(spec);
}

/**
 * Changes options of a running watcher: all of them, or none where one is refused.
 * @returns the changed spec and for each option, in the order given, what its change asks for
 */
export function setOptions(
  spec: WatcherSpec,
  options: unknown,
): Result<{ readonly spec: WatcherSpec; readonly changes: readonly SetChange[] }, string> {
  const steps = readAll(spec, options, (key) => watcherOption(key)?.set !== null);
  if (!steps.ok) return steps;
  const changed = steps.value.spec;
  return changed.singleton && changed.numprocesses > 1 ? fail("Singleton watcher has a single process") : steps;
}

/** Gives the watcher of a plugin those of its options that any watcher may have; the others are the plugin's own. */
export function pluginWatcherFromWire(name: string, options: Readonly<Record<string, OptionValue>>): Result<WatcherSpec, string> {
  const isWatchers = (key: string): boolean =>
    watcherOption(key) !== null || isLimitKey(key) || key.startsWith("hooks.") || streamName(key) !== null;
  const given = Object.entries(options).filter(([key]) => isWatchers(key) && !PLUGIN_FORCED.includes(key));
  const steps = readAll(defaultPluginWatcher(name), Object.fromEntries(given), () => true);
  return steps.ok ? succeed(steps.value.spec) : steps;
}

function readAll(
  spec: WatcherSpec,
  options: unknown,
  allowed: (key: string) => boolean,
): Result<{ readonly spec: WatcherSpec; readonly changes: readonly SetChange[] }, string> {
  const entries = objectEntries(options);
  if (entries === null) return fail("'options' property should be an object");
  let changed = spec;
  const changes: SetChange[] = [];
  const streams = new Set<StreamName>();
  for (const [key, value] of entries) {
    const stream = streamName(key);
    if (stream !== null) {
      // The options of one stream make sense only together, whatever their order.
      if (streams.has(stream)) continue;
      streams.add(stream);
    }
    const step = stream === null ? readOne({ spec, key, allowed }, value) : readStreamOptions(spec, stream, entries);
    if (!step.ok) return step;
    changed = step.value.change(changed);
    changes.push(...step.value.done);
  }
  return succeed({ spec: changed, changes });
}

interface Asked {
  readonly spec: WatcherSpec;
  readonly key: string;
  readonly allowed: (key: string) => boolean;
}

function readOne({ spec, key, allowed }: Asked, value: unknown): Read {
  const option = watcherOption(key);
  if (option !== null && allowed(key)) {
    const read = option.parseWire(value);
    if (!read.ok) return read;
    if (key === "cmd" && typeof value === "string" && value.trim() === "") return fail("'cmd' can't be empty");
    return step(read.value, [{ key, effect: key === "tail_lines" ? effectOfTail(spec, read.value(spec)) : (option.set ?? "none") }]);
  }
  if (key === "env") {
    const env = environmentFromWire(key, value);
    return env.ok ? step((old) => ({ ...old, env: env.value }), [{ key, effect: "reload" }]) : env;
  }
  if (isLimitKey(key)) return readLimit(key, value);
  if (key === "hooks") return readHooks(value);
  if (key.startsWith("hooks.")) return readHook(key, value);
  if (key === "retry_in") {
    const number = decimal({ min: 0 }).parseWire(key, value);
    return number.ok ? readFreeForm(key, number.value) : number;
  }
  if (Object.hasOwn(spec.freeForm, key)) return isOptionValue(value) ? readFreeForm(key, value) : fail(`${repr(key)} isn't a JSON value`);
  return fail(unknownKey(key, option !== null));
}

/** Where circusd begins or ends to read what it would not read otherwise, the processes must know. */
function effectOfTail(spec: WatcherSpec, next: WatcherSpec): SetEffect {
  const isRead = (of: WatcherSpec): readonly boolean[] => [readStream(of, "stdout") !== null, readStream(of, "stderr") !== null];
  const after = isRead(next);
  return isRead(spec).every((one, index) => one === after[index]) ? "stream" : "reload";
}

/** An option that exists but cannot be set gets Circus's words as they are: there is no better name to offer. */
function unknownKey(key: string, exists: boolean): string {
  const near = exists ? null : nearest(key, wireKeys());
  return `unknown key ${repr(key)}${near === null ? "" : `: did you mean ${repr(near)}?`}`;
}

function wireKeys(): readonly string[] {
  return [...WATCHER_OPTIONS.map((option) => option.name), "env", "hooks", "stdout_stream", "stderr_stream"];
}

/** Nobody here reads a free-form option; plugins do. */
function readFreeForm(key: string, value: OptionValue): Read {
  return step((old) => ({ ...old, freeForm: { ...old.freeForm, [key]: value } }), [{ key, effect: "none" }]);
}

function readLimit(key: string, value: unknown): Read {
  const name = limitName(key);
  if (!name.ok) return name;
  const limit = limitFromWire(value);
  if (!limit.ok) return limit;
  return step((old) => ({ ...old, limits: { ...old.limits, [name.value]: limit.value } }), [{ key, effect: "reload" }]);
}

function readHooks(value: unknown): Read {
  const entries = objectEntries(value);
  if (entries === null) return fail(`${repr(value)} isn't a valid hook dict`);
  if (entries.some(([name]) => !isHookName(name))) return fail(`Unknown hook ${repr(value)}`);
  const steps: Step[] = [];
  for (const [name, item] of entries) {
    const read = readHook(`hooks.${name}`, item);
    if (!read.ok) return read;
    steps.push(read.value);
  }
  return step(
    (old) => steps.reduce((spec, { change }) => change(spec), old),
    steps.flatMap(({ done }) => done),
  );
}

/** Null or an empty text takes a hook away. */
function readHook(key: string, value: unknown): Read {
  const name = key.slice("hooks.".length);
  if (!isHookName(name)) return fail(`Unknown hook ${repr(name)}`);
  const done: readonly SetChange[] = [{ key, effect: "hooks" }];
  if (value === null || value === "") {
    return step(({ hooks: { [name]: _gone, ...hooks }, ...old }) => ({ ...old, hooks }), done);
  }
  const hook = hookFromWire(key, value);
  return hook.ok ? step((old) => ({ ...old, hooks: { ...old.hooks, [name]: hook.value } }), done) : hook;
}

function streamName(key: string): StreamName | null {
  for (const name of ["stdout_stream", "stderr_stream"] as const) if (key === name || key.startsWith(`${name}.`)) return name;
  return null;
}

function readStreamOptions(spec: WatcherSpec, name: StreamName, entries: readonly (readonly [string, unknown])[]): Read {
  const before = name === "stdout_stream" ? spec.stdoutStream : spec.stderrStream;
  let conf = before === null ? {} : confOf(before);
  // Processes that were started without a stream hold circusd's own output, which cannot be taken from them.
  const effect = readStream(spec, name === "stdout_stream" ? "stdout" : "stderr") === null ? "reload" : "stream";
  const done: SetChange[] = [];
  for (const [key, value] of entries) {
    if (streamName(key) !== name) continue;
    if (!isOptionValue(value)) return fail(`${repr(key)} isn't a JSON value`);
    const whole = objectEntries(value);
    if (key === name) {
      if (whole === null) return fail(`${repr(key)} isn't a valid object`);
      if (!whole.some(([option]) => option === "class")) return fail(`${repr(key)} must have a 'class' key`);
      conf = Object.fromEntries(whole.filter((pair): pair is [string, OptionValue] => isOptionValue(pair[1])));
    } else {
      conf = { ...conf, [key.slice(name.length + 1)]: value };
    }
    done.push({ key, effect });
  }
  const stream = streamFromConf(name, conf);
  if (!stream.ok) return fail(stream.failure.message);
  return step((old) => (name === "stdout_stream" ? { ...old, stdoutStream: stream.value } : { ...old, stderrStream: stream.value }), done);
}

function confOf(stream: StreamSpec): Readonly<Record<string, OptionValue>> {
  return { class: stream.class, ...stream.options };
}

function step(change: Change<WatcherSpec>, done: readonly SetChange[]): Read {
  return succeed({ change, done });
}
