/** The environment of a watcher's workers and hooks: what is configured, and under it the daemon's where `copy_env` asks for it. */
import type { FindVirtualenv } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { Environment, WatcherSpec } from "../core/spec.js";

/** What planning needs to know of the daemon; `main` fills it in once. */
export interface DaemonFacts {
  readonly env: Environment;
  /** Its working directory. */
  readonly dir: string;
  readonly findVirtualenv: FindVirtualenv;
}

/**
 * Exactly what is configured; nothing of the daemon's own environment without `copy_env`.
 *
 * `copy_path` gives Python workers the daemon's import path. Circus, itself a Python program, hands on its
 * `sys.path`; here that is the PYTHONPATH which circusd was started with, and `copy_env` copies it already.
 */
export function watcherEnvironment(spec: WatcherSpec, daemon: DaemonFacts): Result<Environment, string> {
  if (!spec.copyEnv) {
    if (spec.copyPath) return fail(`"copy_path" works only together with "copy_env = True"`);
    if (spec.virtualenv !== null) return fail(`"virtualenv" works only together with "copy_env = True"`);
    return succeed(spec.env);
  }
  const env = { ...daemon.env, ...spec.env };
  if (spec.virtualenv === null) return succeed(env);
  const found = daemon.findVirtualenv(spec.virtualenv, spec.virtualenvPyVer);
  if (!found.ok) return found;
  const { bin, packages, sitePackages } = found.value;
  const modules = joined([...packages, env["PYTHONPATH"]]).split(":");
  return succeed({
    ...env,
    ...(bin === null ? {} : { PATH: joined([bin, env["PATH"]]) }),
    PYTHONPATH: joined(modules.includes(sitePackages) ? modules : [...modules, sitePackages]),
  });
}

/** Without empty parts: in PATH and PYTHONPATH they would mean the current directory. */
function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(":");
}
