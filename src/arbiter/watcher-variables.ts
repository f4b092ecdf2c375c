/** What `$(circus.NAME)` means to one worker: its options by the names that Circus gives them, its slot, its environment, its sockets. */
import type { Environment, OptionValue, WatcherSpec } from "../core/spec.js";

/** The facts of one worker that its watcher's spec does not tell. */
export interface WorkerFacts {
  readonly wid: number;
  readonly env: Environment;
  /** Where a watcher without working_dir runs. */
  readonly daemonDir: string;
  /** Socket name to the descriptor's number in the worker. */
  readonly sockets: ReadonlyMap<string, number>;
}

/**
 * All variables of a worker, by their name in lower case without `circus.`, as `replaceVariables` asks for them.
 * Values read as Python prints them (`True`, `None`), for scripts that were written for Circus.
 */
export function workerVariables(spec: WatcherSpec, facts: WorkerFacts): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const add = (name: string, value: OptionValue): void => {
    if (value !== null && typeof value === "object" && !isList(value)) {
      for (const [key, inner] of Object.entries(value)) variables.set(`${name}.${key}`.toLowerCase(), printed(inner));
    } else {
      variables.set(name.toLowerCase(), printed(value));
    }
  };
  // What circusd itself knows comes last: a free-form option cannot hide it.
  for (const [name, value] of Object.entries(spec.freeForm)) add(name, value);
  for (const [name, value] of Object.entries(options(spec))) add(name, value);
  add("working_dir", spec.workingDir ?? facts.daemonDir);
  add("wid", facts.wid);
  add("env", facts.env);
  add("sockets", Object.fromEntries(facts.sockets));
  return variables;
}

function options(spec: WatcherSpec): Readonly<Record<string, OptionValue>> {
  return {
    args: spec.args,
    autostart: spec.autostart,
    close_child_stderr: spec.closeChildStderr,
    close_child_stdin: spec.closeChildStdin,
    close_child_stdout: spec.closeChildStdout,
    cmd: spec.cmd,
    copy_env: spec.copyEnv,
    copy_path: spec.copyPath,
    executable: spec.executable,
    gid: spec.gid,
    graceful_timeout: spec.gracefulTimeout,
    max_age: spec.maxAge,
    max_age_variance: spec.maxAgeVariance,
    max_retry: spec.maxRetry,
    numprocesses: spec.numprocesses,
    on_demand: spec.onDemand,
    priority: spec.priority,
    respawn: spec.respawn,
    rlimits: spec.limits,
    send_hup: spec.sendHup,
    shell: spec.shell,
    shell_args: spec.shellArgs,
    singleton: spec.singleton,
    stderr_stream_conf: spec.stderrStream?.options ?? {},
    stdin_socket: spec.stdinSocket,
    stdout_stream_conf: spec.stdoutStream?.options ?? {},
    stop_children: spec.stopChildren,
    stop_signal: spec.stopSignal.number,
    uid: spec.uid,
    use_sockets: spec.useSockets,
    virtualenv: spec.virtualenv,
    warmup_delay: spec.warmupDelay,
  };
}

function isList(value: OptionValue): value is readonly OptionValue[] {
  return Array.isArray(value);
}

function printed(value: OptionValue): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return String(value);
  return isList(value) ? value.map(printed).join(" ") : JSON.stringify(value);
}
