/**
 * Turns a watcher's spec into what one worker is: its argument vector, its environment, its descriptors.
 * Nothing is started here; a plan that cannot be made says why.
 */
import type { OutputPlan, PassedSocket, SpawnFailure, SpawnPlan, StdinPlan } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { Environment, WatcherSpec } from "../core/spec.js";
import { quoteForShell, splitWords } from "../core/words.js";
import { referencedSockets, replaceVariables } from "../core/variables.js";
import { workerVariables } from "./watcher-variables.js";
import { watcherEnvironment, type DaemonFacts } from "./worker-environment.js";

export interface SpawnRequest {
  readonly spec: WatcherSpec;
  readonly wid: number;
  readonly daemon: DaemonFacts;
  /** A lease of each socket that `socketsNeeded` named, in that order. */
  readonly sockets: readonly PassedSocket[];
  /** Where output goes; `close_child_stdout` and `close_child_stderr` overrule it, as in Circus. */
  readonly stdout: OutputPlan;
  readonly stderr: OutputPlan;
}

/** The worker's own descriptors after stdin, stdout and stderr. */
const FIRST_PASSED = 3;

/** Circus calls it so in a warning; `$(circus.wid)` is the form that it recommends. */
const OLD_WID = /\$WID(?![A-Za-z0-9_])/g;

/**
 * Names of the sockets to lease for a worker, in the order of `available`.
 *
 * A watcher gets the sockets that it names in cmd, args, shell_args or the values of its environment, and its
 * stdin_socket. With use_sockets and no name at all it gets every one, for servers that know LISTEN_FDS only.
 * Circus puts in the number of a socket also without use_sockets, but then closes it: here a socket that is
 * named is passed.
 */
export function socketsNeeded(spec: WatcherSpec, available: readonly string[]): string[] {
  const stdin = stdinSocket(spec);
  const passed = passedNames(spec, available);
  const needed = available.filter((name) => name === stdin || passed.includes(name));
  // A helper of circusd has a socket of its own name, and nothing to do until that is bound: the lease says so.
  const awaitsOwn = spec.internal && !available.includes(spec.name) && namedSockets(spec).has(spec.name);
  return awaitsOwn ? [...needed, spec.name] : needed;
}

/**
 * Plans one worker of a watcher.
 * @returns the plan; or a failure of stage "command" (what is to run cannot be read) or "sockets" (no such socket).
 */
export function planSpawn(request: SpawnRequest): Result<SpawnPlan, SpawnFailure> {
  const { spec, wid, daemon } = request;
  const inherited = watcherEnvironment(spec, daemon);
  if (!inherited.ok) return refuse(spec, inherited.failure);

  const passed = passedNames(
    spec,
    request.sockets.map((socket) => socket.name),
  );
  const sockets = request.sockets.filter((socket) => passed.includes(socket.name));
  const stdin = planStdin(spec, request.sockets);
  if (stdin === null) return noStdinSocket(spec);

  const numbers = new Map(sockets.map((socket, position) => [socket.name, FIRST_PASSED + position]));
  const name = stdinSocket(spec);
  if (name !== null && !numbers.has(name)) numbers.set(name, 0);
  const facts = { wid, env: inherited.value, daemonDir: daemon.dir, sockets: numbers };
  const variables = workerVariables(spec, facts);
  const fill = (text: string): string => replaceVariables(text, variables);

  const argv = readCommand(spec, (text) => fill(text).replace(OLD_WID, String(wid)));
  if (!argv.ok) return refuse(spec, argv.failure);
  const env = fillEnvironment(inherited.value, spec.env, fill);
  const unfit = unfitForExec(argv.value, env);
  if (unfit !== null) return refuse(spec, unfit);

  return succeed({
    watcher: spec.name,
    wid,
    argv: argv.value,
    executable: spec.executable,
    workingDir: spec.workingDir,
    env,
    uid: spec.uid,
    gid: spec.gid,
    limits: spec.limits,
    stdin,
    stdout: spec.closeChildStdout ? { kind: "null" } : request.stdout,
    stderr: spec.closeChildStderr ? { kind: "null" } : request.stderr,
    sockets,
  });
}

/** What the worker gets as 3, 4, 5…; a stdin_socket that is named nowhere else is not among them. */
function passedNames(spec: WatcherSpec, available: readonly string[]): readonly string[] {
  if (available.length === 0) return available;
  const named = namedSockets(spec);
  if (named.size === 0 && spec.useSockets && spec.stdinSocket === null) return available;
  return available.filter((name) => named.has(name));
}

function namedSockets(spec: WatcherSpec): ReadonlySet<string> {
  const args = typeof spec.args === "string" ? [spec.args] : (spec.args ?? []);
  const texts = [spec.cmd, ...args, ...(spec.shell ? [spec.shellArgs ?? ""] : []), ...Object.values(spec.env)];
  return new Set(texts.flatMap(referencedSockets));
}

/** Sockets are known in lower case. */
function stdinSocket(spec: WatcherSpec): string | null {
  return spec.stdinSocket?.toLowerCase() ?? null;
}

function planStdin(spec: WatcherSpec, leased: readonly PassedSocket[]): StdinPlan | null {
  const name = stdinSocket(spec);
  if (name === null) return { kind: spec.closeChildStdin ? "null" : "inherit" };
  const socket = leased.find((one) => one.name === name);
  return socket === undefined ? null : { kind: "socket", fd: socket.fd };
}

/**
 * cmd and args as an argument vector, split by the rules of a shell after variables were put in.
 *
 * With `shell`, cmd goes to `/bin/sh -c` as it stands, so that pipes and redirections in it work; Circus quotes
 * every word of it first, which takes the shell's meaning from all of them. args are data in both: each
 * reaches the command as one word. shell_args are the script's `$0`, `$1`…
 */
function readCommand(spec: WatcherSpec, fill: (text: string) => string): Result<readonly string[], string> {
  const args = typeof spec.args === "string" ? readWords("args", fill(spec.args)) : succeed((spec.args ?? []).map(fill));
  if (!args.ok) return args;
  if (spec.shell) {
    const script = [fill(spec.cmd), ...args.value.map(quoteForShell)].join(" ").trim();
    const shellArgs = readWords("shell_args", fill(spec.shellArgs ?? ""));
    if (!shellArgs.ok) return shellArgs;
    return script === "" ? fail("cmd is empty; name a program to run") : succeed(["/bin/sh", "-c", script, ...shellArgs.value]);
  }
  const words = readWords("cmd", fill(spec.cmd));
  if (!words.ok) return words;
  const argv = [...words.value, ...args.value];
  return argv[0] === undefined || argv[0] === "" ? fail("cmd is empty; name a program to run") : succeed(argv);
}

function readWords(option: string, text: string): Result<readonly string[], string> {
  const words = splitWords(text);
  return words.ok ? words : fail(`cannot split ${option} "${text}": ${words.failure}; quote it, or put a backslash before it`);
}

/** Variables also work in configured values, `PORT_FD = $(circus.sockets.web)`; what the daemon was given is left alone. */
function fillEnvironment(env: Environment, configured: Environment, fill: (text: string) => string): Environment {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, configured[name] === value ? fill(value) : value]));
}

/** What exec(2) cannot carry: a NUL ends a string there, and the first `=` ends a variable's name. */
function unfitForExec(argv: readonly string[], env: Environment): string | null {
  const word = argv.find((one) => one.includes("\0"));
  if (word !== undefined) return `the argument ${JSON.stringify(word)} holds a NUL byte; remove it`;
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || /[=\0]/.test(name)) return `${JSON.stringify(name)} cannot be the name of an environment variable`;
    if (value.includes("\0")) return `the environment variable "${name}" holds a NUL byte; remove it`;
  }
  return null;
}

function refuse(spec: WatcherSpec, reason: string): Result<never, SpawnFailure> {
  return fail({ stage: "command", code: null, message: `Cannot start "${spec.name}": ${reason}` });
}

function noStdinSocket(spec: WatcherSpec): Result<never, SpawnFailure> {
  const name = spec.stdinSocket ?? "";
  const message = `Cannot start "${spec.name}": stdin_socket "${name}" is no configured socket; add a section [socket:${name}]`;
  return fail({ stage: "sockets", code: null, message });
}
