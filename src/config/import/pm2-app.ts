/** One app of a PM2 ecosystem file to a watcher and the plugins that do the rest. */
import type { Draft, SectionDraft } from "./draft.js";
import { writeVariables } from "./environment.js";
import { type Command, type Files, noteWatch, readCommand } from "./pm2-command.js";
import { writeOutput } from "./pm2-output.js";
import type { AppReader } from "./pm2-reader.js";
import { secondsOf, shown, sizeOf, textOf, variablesOf, wordsOf } from "./pm2-values.js";

export interface Surroundings extends Files {
  /** Of the ecosystem file. */
  readonly directory: string;
  /** Processors of this host, for `instances: "max"`. */
  readonly cpus: number;
}

/** Options of which it is enough to know why they are gone. */
const GONE: readonly (readonly [names: readonly string[], advice: string])[] = [
  [["namespace"], "commands take patterns in place of namespaces: begin the names of its watchers alike"],
  [["append_env_to_name"], "names do not change; include another file for another environment"],
  [["stop_exit_codes"], "a process is started again whatever its exit code; respawn = False for one that is meant to end"],
  [["shutdown_with_message"], "there is no channel for messages; the process gets stop_signal"],
  [["wait_ready"], "a process counts as started when it runs; process.send is not there, so call it only where it is"],
  [["listen_timeout"], "nothing waits for a process to listen; sockets of circusd are open all the time"],
  [["ignore_watch", "watch_options"], "the plugin looks at no other file"],
  [["watch_delay"], "loop_rate of [plugin:command_reloader] is in seconds"],
  [["pid_file", "pid"], 'circusd writes no pid files of its workers; "circusctl list NAME" tells them'],
  [["increment_var"], "$(circus.wid) counts processes from 1 in cmd, args and [env:NAME]"],
  [
    ["trace", "v8", "event_loop_inspector", "deep_monitoring", "io"],
    "figures come from circusd-stats, and as Prometheus metrics from the web console",
  ],
  [["post_update"], "deploy as you like, then use circusctl reload"],
  [["install_url"], "install it before"],
];

/** Options that mean nothing outside PM2, or ask for what happens anyhow. */
const SILENT = [
  ...["vizion", "pmx", "automation", "force", "disable_source_map_support", "disable_trace", "windowsHide", "kill_retry_time", "write"],
  ...["username", "execute_command", "combine_logs", "name_prefix"],
];

/** Writes the watcher of an app. */
export function writeApp(
  draft: Draft,
  reader: AppReader,
  { name, around }: { readonly name: string; readonly around: Surroundings },
): void {
  const watcher = draft.section(`watcher:${name}`);
  const given = textOf(reader.take("cwd"));
  const directory = given === null ? around.directory : around.resolve(around.directory, given);
  const read = readCommand(watcher, reader, { ...around, directory });
  const prefix = writeVariables(draft, watcher, [...read.variables, ...ownVariables(watcher, reader)]);
  const command = { ...read, line: prefix + read.line };
  watcher.setCommand(command.line);
  watcher.set("working_dir", directory);
  writeInherited(watcher, reader);
  const processes = writeInstances(draft, watcher, { reader, command, around });
  writeLife(watcher, reader);
  writeStop(watcher, reader);
  writeOutput(watcher, reader, { processes, resolve: (path) => around.resolve(directory, path) });
  writeEnvironments(draft, watcher, reader);
  writePlugins(draft, watcher, { reader, command });
  for (const [names, advice] of GONE) {
    for (const option of names) {
      const value = reader.take(option);
      if (value !== null && value !== false) watcher.note(`${option} = ${shown(value)}: ${advice}`);
    }
  }
  for (const option of SILENT) reader.take(option);
  for (const [option, value] of reader.left()) watcher.note(`${option} = ${shown(value)}: not an option that is known here, and left out`);
}

function ownVariables(watcher: SectionDraft, reader: AppReader): readonly (readonly [string, string])[] {
  const env = reader.take("env");
  if (typeof env === "string") watcher.note(`env = ${env}: write its variables in an [env] section`);
  const port = textOf(reader.take("port"));
  return [...variablesOf(env).filter(([key]) => key !== "PORT" || port === null), ...(port === null ? [] : [["PORT", port] as const])];
}

function writeInherited(watcher: SectionDraft, reader: AppReader): void {
  const filter = reader.take("filter_env");
  watcher.set("copy_env", filter !== true);
  if (filter === true)
    watcher.note("filter_env = true: PATH is not in the environment either; write it in [env], or programs by their paths");
  else if (filter !== null && filter !== false)
    watcher.note(
      `filter_env = ${shown(filter)}: single variables cannot be held back; start circusd without them, or set copy_env = False and name those that are needed`,
    );
  const user = textOf(reader.take("uid", "user"));
  const group = textOf(reader.take("gid"));
  if (user !== null) {
    watcher.set("uid", user);
    watcher.note("uid: pm2 sets HOME as well; write it in an [env] section where the program needs it");
  }
  if (group !== null) watcher.set("gid", group);
}

interface Writing {
  readonly reader: AppReader;
  readonly command: Command;
}

/** @returns how many processes the watcher gets */
function writeInstances(
  draft: Draft,
  watcher: SectionDraft,
  { reader, command, around }: Writing & { readonly around: Surroundings },
): number {
  const given = reader.take("instances");
  const mode = textOf(reader.take("exec_mode"));
  const marker = textOf(reader.take("instance_var")) ?? "NODE_APP_INSTANCE";
  const count = countOf(given, around.cpus);
  if ((count > 1 && !/^\d+$/.test(textOf(given) ?? "")) || given === 0)
    watcher.note(`instances = ${shown(given)}: ${count} on the host where this was written`);
  if (count === 1) return 1;
  const clustered = mode === null ? command.node : mode.startsWith("cluster");
  const numbered = `${marker}: $(circus.wid) counts the processes, from 1 where pm2 counts from 0; write ${marker} = $(circus.wid) in [env:${watcher.subject}] if the program can do with that`;
  if (!clustered) {
    watcher.set("numprocesses", count);
    watcher.note(numbered);
    return count;
  }
  watcher.note(
    `exec_mode = cluster: Node's cluster module lets ${count} processes listen at one port; here circusd opens the socket and hands it to them (docs/sockets.md). Until the program takes it, one process runs. Let it listen at { fd: N }, where N is the number that stands at the end of this command line, then take these lines, the first in place of cmd, and [socket:${watcher.subject}] below:`,
  );
  watcher.offer(`cmd = ${command.line} $(circus.sockets.${watcher.subject})`);
  watcher.offer("use_sockets = True");
  watcher.offer(`numprocesses = ${count}`);
  watcher.note(numbered);
  draft.remark(
    `For watcher ${watcher.subject}, once its program takes the socket:`,
    `; [socket:${watcher.subject}]`,
    "; host = 0.0.0.0",
    `; port = ${portOf(reader)}`,
  );
  return 1;
}

function portOf(reader: AppReader): string {
  const env = new Map(variablesOf(reader.take("env")));
  return textOf(reader.take("port")) ?? env.get("PORT") ?? "3000";
}

function countOf(given: unknown, cpus: number): number {
  if (given === null) return 1;
  const number = given === "max" ? 0 : Number(textOf(given) ?? "1");
  if (!Number.isInteger(number)) return 1;
  return number > 0 ? number : Math.max(1, cpus + number);
}

function writeLife(watcher: SectionDraft, reader: AppReader): void {
  if (reader.take("autostart") === false) watcher.set("autostart", false);
  if (reader.take("autorestart") === false) watcher.set("respawn", false);
  const restarts = reader.take("max_restarts");
  if (restarts !== null)
    watcher.note(
      `max_restarts = ${shown(restarts)}: a program that dies young is started again for ever, after pauses that grow to 30 seconds; [plugin:flapping] gives up after a number of deaths`,
    );
  const uptime = reader.take("min_uptime");
  if (uptime !== null && secondsOf(uptime) !== 1)
    watcher.note(`min_uptime = ${shown(uptime)}: a process has started well once it lived for 1 second, which cannot be changed`);
  const fixed = secondsOf(reader.take("restart_delay"));
  const growing = secondsOf(reader.take("exp_backoff_restart_delay"));
  if (growing !== null && growing > 0) {
    watcher.set("restart_delay", growing);
    watcher.set("restart_backoff", 1.5);
    watcher.set("restart_max_delay", 15);
  } else if (fixed !== null && fixed > 0) {
    watcher.note("restart_delay: a process that lived for a second, or died young for the first time, is replaced at once");
    watcher.set("restart_delay", fixed);
    watcher.set("restart_backoff", 1);
    if (fixed > 30) watcher.set("restart_max_delay", fixed);
  }
}

/** PM2 sends SIGINT to the whole tree, and SIGKILL 1.6 seconds later. */
function writeStop(watcher: SectionDraft, reader: AppReader): void {
  watcher.set("stop_signal", "SIGINT");
  watcher.set("graceful_timeout", secondsOf(reader.take("kill_timeout")) ?? 1.6);
  if (reader.take("treekill") !== false) watcher.set("stop_children", true);
}

/** What PM2 takes with `--env NAME`. */
function writeEnvironments(draft: Draft, watcher: SectionDraft, reader: AppReader): void {
  for (const [option, value] of reader.environments()) {
    draft.remark(
      `${option} of ${watcher.subject}: pm2 adds these with --env ${option.slice("env_".length)}; put those that you want into [env:${watcher.subject}], in place of those of equal name:`,
      ...variablesOf(value).map(([key, text]) => `; ${key} = ${text.replace(/\s*\n\s*/g, " ")}`),
    );
  }
}

function writePlugins(draft: Draft, watcher: SectionDraft, { reader, command }: Writing): void {
  const name = watcher.subject;
  const watch = reader.take("watch");
  if (watch !== null && watch !== false) {
    noteWatch(watcher, watch, command);
    const plugin = draft.section("plugin:command_reloader");
    if (!plugin.has("use")) plugin.set("use", "command_reloader");
  }
  const memory = reader.take("max_memory_restart");
  const size = sizeOf(memory);
  if (memory !== null && size === null) watcher.note(`max_memory_restart = ${shown(memory)}: not a size such as 300M`);
  if (size !== null) {
    const plugin = draft.section(`plugin:${name}-memory`);
    plugin.set("use", "resource_watcher");
    plugin.set("watcher", name);
    plugin.set("max_mem", size);
    // PM2 looks at memory alone, every 30 seconds, and restarts at the first time.
    plugin.set("max_cpu", 0);
    plugin.set("health_threshold", 0);
    plugin.set("max_count", 0);
    plugin.set("loop_rate", 30);
  }
  const cron = wordsOf(reader.take("cron_restart", "cron"));
  if (cron !== null && cron !== "0" && cron !== "") {
    const plugin = draft.section("plugin:schedule");
    if (!plugin.has("use")) plugin.set("use", "scheduler");
    plugin.set(`job.restart-${name.replace(/[^\w-]/g, "-")}`, `${cron} restart ${name}`);
  }
}
