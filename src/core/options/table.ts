/**
 * Every option of a watcher, in the order in which manuals show them. Everything that knows an option's
 * name, default or meaning takes it from here: the loader, `add`, `set`, `get`, `options`, the manuals.
 */
import { MAX_PROCESSES, MAX_TAIL_LINES, TAIL_LINES, type WatcherSpec } from "../spec.js";
import { SIGTERM } from "../signals.js";
import {
  args,
  decimal,
  flag,
  identity,
  integer,
  type Kind,
  optional,
  optionalSocket,
  optionalText,
  seconds,
  signal,
  text,
} from "./kinds.js";
import { type Option, type OptionDoc, rowsOf } from "./option.js";

/**
 * What `set` does besides storing the value: nothing, bring the number of processes into line, replace the
 * processes gracefully, switch where output goes, or exchange hooks.
 */
export type SetEffect = "none" | "manage" | "reload" | "stream" | "hooks";

export interface WatcherOptionDoc extends OptionDoc {
  /** The effect of `set`, or null where the option cannot change at run time. */
  readonly set: SetEffect | null;
}

export interface WatcherOption extends Option<WatcherSpec>, WatcherOptionDoc {}

/** A watcher of which only the name and the command are known. */
export function defaultWatcher(name: string, cmd: string): WatcherSpec {
  return { ...DEFAULTS, name, cmd };
}

const DEFAULTS: WatcherSpec = {
  name: "",
  cmd: "",
  args: null,
  numprocesses: 1,
  warmupDelay: 0,
  executable: null,
  workingDir: null,
  onDemand: false,
  shell: false,
  shellArgs: null,
  uid: null,
  gid: null,
  sendHup: false,
  stopSignal: SIGTERM,
  stopChildren: false,
  maxRetry: 5,
  gracefulTimeout: 30,
  limits: {},
  stdoutStream: null,
  stderrStream: null,
  tailLines: null,
  priority: 0,
  useSockets: false,
  singleton: false,
  copyEnv: false,
  copyPath: false,
  env: {},
  hooks: {},
  hookTimeout: 30,
  respawn: true,
  autostart: true,
  essential: false,
  closeChildStdin: true,
  closeChildStdout: false,
  closeChildStderr: false,
  maxAge: 0,
  maxAgeVariance: 30,
  virtualenv: null,
  virtualenvPyVer: null,
  stdinSocket: null,
  restartDelay: 0.1,
  restartBackoff: 2,
  restartMaxDelay: 30,
  freeForm: {},
  internal: false,
};

const plainRow = rowsOf(DEFAULTS);

type About = Omit<WatcherOptionDoc, "label" | "default">;

function row<K extends keyof WatcherSpec>(key: K, kind: Kind<WatcherSpec[K]>, about: About): WatcherOption {
  return { ...plainRow(key, kind, about), set: about.set };
}

/** Options with a single value. `env`, limits, streams and hooks are in {@link WATCHER_FAMILIES}. */
export const WATCHER_OPTIONS: readonly WatcherOption[] = [
  row("cmd", text, {
    name: "cmd",
    set: "reload",
    doc: "Program to run, with or without arguments. It is split as a shell splits words, but no shell reads it. Required.",
  }),
  row("args", args, {
    name: "args",
    set: "reload",
    doc: "Arguments that follow those in `cmd`, and are split in the same way. Over the wire it may be a list, which is taken as it stands.",
  }),
  row("numprocesses", integer({ min: 0, max: MAX_PROCESSES, lift: true }), {
    name: "numprocesses",
    set: "manage",
    doc: "How many processes the watcher keeps alive.",
  }),
  row("executable", optionalText, {
    name: "executable",
    set: null,
    doc: "File to execute in place of the first word of `cmd`, which the process then sees as its own name.",
  }),
  row("shell", flag, {
    name: "shell",
    set: "reload",
    doc: "Runs `cmd` through `/bin/sh -c`, so that pipes and redirections work. Each of `args` reaches it as one word.",
  }),
  row("shellArgs", optionalText, {
    name: "shell_args",
    set: null,
    doc: "Arguments for the shell itself, its `$0`, `$1` and so on, where `shell` is true.",
  }),
  row("workingDir", optionalText, {
    name: "working_dir",
    set: "reload",
    doc: "Directory in which the processes run. Not set, they run where circusd was started.",
  }),
  row("uid", identity, {
    name: "uid",
    set: "reload",
    doc: "User, by name or number, that the processes run as. The user's groups are taken on as well. Not set, circusd's own.",
  }),
  row("gid", identity, {
    name: "gid",
    set: "reload",
    doc: "Group, by name or number, that the processes run as. Not set, the primary group of `uid`.",
  }),
  row("copyEnv", flag, {
    name: "copy_env",
    set: "reload",
    doc: "Gives the processes circusd's own environment, with the `[env]` sections on top. Otherwise they get what these say and nothing else, not even `PATH`.",
  }),
  row("copyPath", flag, {
    name: "copy_path",
    set: null,
    doc: "For Python workers: passes circusd's `PYTHONPATH` on, which `copy_env`, that it needs, does as well.",
  }),
  row("virtualenv", optionalText, {
    name: "virtualenv",
    set: null,
    doc: "For Python workers: root of a virtual environment whose packages are put into `PYTHONPATH` and whose `bin` directory into `PATH`. Needs `copy_env`.",
  }),
  row("virtualenvPyVer", optionalText, {
    name: "virtualenv_py_ver",
    set: null,
    doc: "Python version of the virtual environment, such as `3.11`. Not set, the one found in it.",
  }),
  row("autostart", flag, {
    name: "autostart",
    set: "none",
    doc: "Starts the watcher with circusd, and by a start command that names no watcher. Otherwise it waits to be started by name.",
  }),
  row("priority", integer(), { name: "priority", set: "none", doc: "Watchers with a higher number start earlier and stop later." }),
  row("singleton", flag, { name: "singleton", set: "none", doc: "Allows no more than one process." }),
  row("warmupDelay", seconds, { name: "warmup_delay", set: "none", doc: "Seconds between the starts of two processes of the watcher." }),
  row("respawn", flag, {
    name: "respawn",
    set: "manage",
    doc: "Replaces a process that died. Otherwise the watcher stops when its last process is gone.",
  }),
  row("essential", flag, {
    name: "essential",
    set: "none",
    doc: "Ends circusd, with everything else stopped in order, when the watcher ends without a command to: its last process has ended with `respawn` off, it was given up after `max_retry`, or a hook refused its start. The exit code is that of its last process.",
  }),
  row("maxRetry", integer({ min: -1 }), {
    name: "max_retry",
    set: "none",
    doc: "How many starts in a row may fail before the watcher is stopped. `-1` never gives up.",
  }),
  row("restartDelay", seconds, {
    name: "restart_delay",
    set: "none",
    doc: "Seconds to wait before a process is replaced that died young for the second time in a row. After the first time it is replaced at once.",
  }),
  row("restartBackoff", decimal({ min: 1 }), {
    name: "restart_backoff",
    set: "none",
    doc: "Factor by which that pause grows with each further early death in a row.",
  }),
  row("restartMaxDelay", seconds, {
    name: "restart_max_delay",
    set: "none",
    doc: "Seconds beyond which that pause does not grow.",
  }),
  row("maxAge", integer({ min: 0 }), {
    name: "max_age",
    set: "reload",
    doc: "Seconds after which a process is replaced by a new one. `0` lets it live.",
  }),
  row("maxAgeVariance", integer({ min: 0 }), {
    name: "max_age_variance",
    set: "reload",
    doc: "Up to this many seconds, drawn once for each process, are added to `max_age`, so that not all are replaced at once.",
  }),
  row("stopSignal", signal, {
    name: "stop_signal",
    set: "none",
    doc: "Signal that asks a process to stop: a name in any case, with or without `SIG`, or a number.",
  }),
  row("stopChildren", flag, { name: "stop_children", set: "none", doc: "Sends `stop_signal` to all descendants of a process too." }),
  row("gracefulTimeout", seconds, {
    name: "graceful_timeout",
    set: "none",
    doc: "Seconds that a process has to end after `stop_signal`. Then it is killed, with everything it started.",
  }),
  row("sendHup", flag, {
    name: "send_hup",
    set: "none",
    doc: "Makes a reload send `SIGHUP` to the processes instead of replacing them.",
  }),
  row("useSockets", flag, {
    name: "use_sockets",
    set: null,
    doc: "Passes sockets on to the processes: those that `cmd`, `args` and the environment name, or all where none is named. One that is named is passed without it too; Circus needs it.",
  }),
  row("onDemand", flag, {
    name: "on_demand",
    set: null,
    doc: "Starts the processes at the first activity on one of the watcher's sockets, and again at the next when all of them have ended.",
  }),
  row("stdinSocket", optionalSocket, {
    name: "stdin_socket",
    set: null,
    doc: "Name of a socket that the processes get as standard input.",
  }),
  row("closeChildStdin", flag, {
    name: "close_child_stdin",
    set: "reload",
    doc: "Connects standard input of the processes to `/dev/null`.",
  }),
  row("closeChildStdout", flag, {
    name: "close_child_stdout",
    set: "reload",
    doc: "Connects standard output of the processes to `/dev/null`.",
  }),
  row("closeChildStderr", flag, {
    name: "close_child_stderr",
    set: "reload",
    doc: "Connects standard error of the processes to `/dev/null`.",
  }),
  row("tailLines", optional(integer({ min: 0, max: MAX_TAIL_LINES })), {
    name: "tail_lines",
    set: "stream",
    doc: `How many last lines of each stream of a process are kept in memory, in at most 256 bytes times as many, for \`circusctl tail\` and the web console; \`0\` keeps none. Not set, ${TAIL_LINES} of what goes to a stream. Set, also of what goes to none: circusd then reads it and passes it on to its own standard output and error.`,
  }),
  row("hookTimeout", seconds, { name: "hook_timeout", set: "none", doc: "Seconds that a hook may take before it counts as failed." }),
];

/** Options that stand for many: each is written with a name of its own in place of the capitals. */
export const WATCHER_FAMILIES: readonly WatcherOptionDoc[] = [
  {
    name: "env",
    label: "object",
    default: {},
    set: "reload",
    doc: "Environment of the processes. In circus.ini it is written in `[env]` and `[env:NAME]` sections; over the wire it is an object, which replaces what was there.",
  },
  {
    name: "rlimit_LIMIT",
    label: "integer or nothing",
    default: null,
    set: "reload",
    doc: "Resource limit of the processes, soft and hard, in the unit of setrlimit(2). An empty value removes the limit.",
  },
  streamDoc("stdout"),
  streamDoc("stderr"),
  {
    name: "hooks.NAME",
    label: "hook",
    default: null,
    set: "hooks",
    doc: "Function or program to ask at a step of the watcher's life: an export of a module (`./hooks.js:check`) or a program (`exec:/path/to/check arg`). `, True` after it makes a failure of the hook count as success.",
  },
];

function streamDoc(stream: "stdout" | "stderr"): WatcherOptionDoc {
  return {
    name: `${stream}_stream.OPTION`,
    label: "as its class has it",
    default: null,
    set: "stream",
    doc: `Where the standard ${stream === "stdout" ? "output" : "error"} of the processes goes: \`${stream}_stream.class\` names a class, the other options are those of the class. Not set, it goes where circusd's own goes.`,
  };
}

const BY_NAME: ReadonlyMap<string, WatcherOption> = new Map(WATCHER_OPTIONS.map((option) => [option.name, option]));

/** The option of that exact name; null for families and free-form options. */
export function watcherOption(name: string): WatcherOption | null {
  return BY_NAME.get(name) ?? null;
}
