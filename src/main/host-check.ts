/**
 * What of a configuration cannot work on this host: modules that do not load, users and groups that nobody knows, files
 * that are missing. What only the daemon needs counts as an error; what may still come before a worker starts is a warning.
 */
import { statSync } from "node:fs";
import { AddedCommands } from "../arbiter/added-commands.js";
import { watcherEnvironment } from "../arbiter/worker-environment.js";
import type { LoadedFiles } from "../config/schema.js";
import type { Clock, Hooks, Log } from "../core/ports.js";
import { parsePluginUse } from "../core/plugin-use.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { Diagnostic, StreamSpec, WatcherSpec } from "../core/spec.js";
import { splitWords } from "../core/words.js";
import { systemClock } from "../os/clock.js";
import { createHooks } from "../os/hooks.js";
import { resolveIdentity } from "../os/identity.js";
import { readKeyFile } from "../os/key-file.js";
import { findProgram, whyNotExecutable } from "../os/program.js";
import { checkCustomStream } from "../os/streams/custom-stream.js";
import { planStream } from "../os/streams/options.js";
import { findVirtualenv } from "../os/virtualenv.js";
import { openMemory } from "../wire/memory/transport.js";
import { loadCommands } from "./load-commands.js";
import { ownEnvironment } from "./own-environment.js";

/** A fault before it is known where it stands. */
interface Finding {
  readonly severity: Diagnostic["severity"];
  /** Key in the section, such as `hooks.before_start`. */
  readonly option: string;
  readonly message: string;
}

type Identity = ReturnType<typeof resolveIdentity>;
type Identify = (wanted: Pick<WatcherSpec, "uid" | "gid">) => Identity;

interface Means {
  readonly hooks: Hooks;
  readonly clock: Pick<Clock, "after">;
  readonly identify: Identify;
}

/** Here hooks are loaded and never run, so that there is nothing to log. */
const SILENT: Log = { debug: ignore, info: ignore, warning: ignore, error: ignore, critical: ignore };

/**
 * Examines everything that names something outside of the files. It never rejects. Modules of commands, hooks and
 * streams are loaded, which runs their code outside of functions.
 */
export async function checkHost(files: LoadedFiles): Promise<readonly Diagnostic[]> {
  return [...(await checkCommands(files)), ...(await checkCluster(files)), ...checkPlugins(files), ...(await checkWatchers(files))];
}

/** Without one of its commands circusd does not start. */
async function checkCommands({ config, placeOf }: LoadedFiles): Promise<readonly Diagnostic[]> {
  const { commands } = config.arbiter;
  if (commands.length === 0) return [];
  const within = { transport: openMemory(), endpoint: "memory://check" };
  const added = await new AddedCommands((modules) => loadCommands(modules, within)).replace(commands);
  return added.ok ? [] : [{ severity: "error", message: added.failure, place: placeOf("circus", "commands") }];
}

/** Without its key a server does not come to be, while circusd runs on; somebody else may well be unable to read it. */
async function checkCluster({ config, placeOf }: LoadedFiles): Promise<readonly Diagnostic[]> {
  const file = config.cluster?.keyFile ?? null;
  if (file === null) return [];
  const read = await readKeyFile(file);
  return read.ok ? [] : [{ severity: "warning", message: `[cluster]: ${read.failure}`, place: placeOf("cluster", "key_file") }];
}

/** Their modules are not for circusd to load: a plugin has a process of its own. */
function checkPlugins({ config, placeOf }: LoadedFiles): readonly Diagnostic[] {
  return config.plugins.flatMap(({ name, use, active }): readonly Diagnostic[] => {
    const understood = parsePluginUse(use);
    if (!active || !understood.ok || understood.value.kind !== "file" || understood.value.path.startsWith("file:")) return [];
    const { path } = understood.value;
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return [];
    const message = `[plugin:${name}]: The plugin will not start: no such file "${path}"`;
    return [{ severity: "warning", message, place: placeOf(`plugin:${name}`, "use") }];
  });
}

async function checkWatchers({ config, placeOf }: LoadedFiles): Promise<readonly Diagnostic[]> {
  const sections = [
    ...config.watchers.map((spec) => ({ section: `watcher:${spec.name}`, spec })),
    ...config.plugins.filter(({ active }) => active).map(({ watcher }) => ({ section: watcher.name, spec: watcher })),
  ];
  const watchers = sections.map(({ spec }) => spec);
  const means: Means = { hooks: createHooks({ log: SILENT }), clock: systemClock(), identify: await identifier(watchers) };
  const found = await Promise.all(
    sections.map(async ({ section, spec }) => {
      const findings = await checkWatcher(spec, means);
      return findings.map(({ severity, option, message }): Diagnostic => {
        return { severity, message: `[${section}]: ${message}`, place: placeOf(section, option) };
      });
    }),
  );
  return found.flat();
}

async function checkWatcher(spec: WatcherSpec, means: Means): Promise<readonly Finding[]> {
  const found = await Promise.all([
    ...Object.entries(spec.hooks).map(async ([name, hook]) => failed(`hooks.${name}`, await means.hooks.check(hook))),
    checkStream("stdout_stream", spec.stdoutStream, means),
    checkStream("stderr_stream", spec.stderrStream, means),
  ]);
  return [...found.flat(), ...checkIdentity(spec, means.identify), ...checkFiles(spec)];
}

function failed(option: string, result: Result<unknown, string>): readonly Finding[] {
  return result.ok ? [] : [{ severity: "error", option, message: result.failure }];
}

async function checkStream(option: string, stream: StreamSpec | null, { clock }: Means): Promise<readonly Finding[]> {
  const plan = stream === null ? null : planStream(stream);
  if (plan === null) return [];
  const usable = plan.ok && plan.value.kind === "custom" ? await checkCustomStream(plan.value.target, clock) : plan;
  return failed(`${option}.class`, usable);
}

/** A group that nobody knows must not keep us from looking the user up. */
function checkIdentity({ uid, gid }: WatcherSpec, identify: Identify): readonly Finding[] {
  const group = identify({ uid: null, gid });
  if (uid === null) return ofIdentity("gid", group);
  if (!isUnknown(group)) return ofIdentity("uid", identify({ uid, gid }));
  const user = identify({ uid, gid: 0 });
  return [...ofIdentity("gid", group), ...(isUnknown(user) ? ofIdentity("uid", user) : [])];
}

/** Permission belongs to who starts circusd, and a check may well be made by somebody else: that is only a warning. */
function ofIdentity(option: "uid" | "gid", identity: Identity): readonly Finding[] {
  if (identity.ok) return [];
  const message = `Cannot run workers as that user and group: ${identity.failure.message}`;
  return [{ severity: isUnknown(identity) ? "error" : "warning", option, message }];
}

/** Nobody of that name, rather than somebody whom circusd may not become. */
function isUnknown(identity: Identity): boolean {
  return !identity.ok && identity.failure.code === null;
}

/** The password file is looked into only where somebody is named. */
async function identifier(watchers: readonly WatcherSpec[]): Promise<Identify> {
  if (watchers.every(({ uid, gid }) => uid === null && gid === null)) return () => succeed(null);
  try {
    const { loadNative } = await import("../os/native.js");
    const native = loadNative();
    return (wanted) => resolveIdentity(native, wanted);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return ({ uid, gid }) => (uid === null && gid === null ? succeed(null) : fail({ code: null, message }));
  }
}

function checkFiles(spec: WatcherSpec): readonly Finding[] {
  const homeless = whyNoDirectory(spec.workingDir);
  if (homeless !== null) return [{ severity: "warning", option: "working_dir", message: homeless }];
  const daemon = { env: ownEnvironment(), dir: process.cwd(), findVirtualenv };
  const environment = watcherEnvironment(spec, daemon);
  if (!environment.ok) {
    const known = spec.virtualenv === null || !spec.copyEnv;
    return known ? [] : [{ severity: "warning", option: "virtualenv", message: `Workers will not start: ${environment.failure}` }];
  }
  const reason = whyNoProgram(spec, environment.value["PATH"]);
  const option = spec.executable === null ? "cmd" : "executable";
  return reason === null ? [] : [{ severity: "warning", option, message: `Workers will not start: ${reason}` }];
}

function whyNoDirectory(directory: string | null): string | null {
  if (directory === null) return null;
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return `Workers will not start: no such directory "${directory}"`;
  return found.isDirectory() ? null : `Workers will not start: "${directory}" is not a directory`;
}

/** What holds a variable, or goes to a shell, is known only when a worker starts. */
function whyNoProgram(spec: WatcherSpec, path: string | undefined): string | null {
  const words = splitWords(spec.cmd);
  const name = spec.executable ?? (spec.shell || !words.ok ? null : (words.value[0] ?? null));
  if (name === null || /\$|\(\(/.test(`${name}${path ?? ""}`)) return null;
  const place = { directory: spec.workingDir, refusal: () => null };
  const program = findProgram(name, { path, ...place });
  if (!program.ok) return program.failure.message;
  return whyNotExecutable(program.value, place)?.message ?? null;
}

function ignore(): void {
  // There is nothing to do.
}
