/**
 * What is executed for a worker: most often its own program, and where limits, another user or sockets are asked for,
 * standard tools that set these up in the worker's own process, in this order, and then become the program.
 */
import { existsSync } from "node:fs";
import type { SpawnPlan } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";

export interface CommandLine {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
}

export interface Program {
  /** What exec is given: `findProgram` made it. */
  readonly file: string;
  /** `prlimit` and `setpriv` with their options, or nothing. */
  readonly prefix: readonly string[];
  /** The tools begin as the user of circusd and end as another. */
  readonly changesUser: boolean;
}

/**
 * LISTEN_PID is the worker's own pid, which nobody knows before it is there: so a shell says it. What the shell adds
 * to the environment by itself is taken out again by env(1), as no shell lets go of all of it.
 */
const TELL_PID = 'exec "$0" -u PWD -u OLDPWD -u SHLVL -u _ "LISTEN_PID=$$" "$@"';
const ENV_PLACES = ["/usr/bin/env", "/bin/env"];

/** Variables that one shell or another sets, reads or refuses: they go round it, as arguments of env(1). */
const OF_SHELLS =
  /^(_|PWD|OLDPWD|SHLVL|SHELLOPTS|BASH.*|IFS|OPT(IND|ARG|ERR)|PPID|E?UID|GROUPS|PS[0-9]|ENV|LINENO|RANDOM|SECONDS|SRANDOM|EPOCH.*|HIST.*|FUNCN.*|DIRSTACK|PIPESTATUS|POSIXLY_CORRECT|LISTEN_PID|LISTEN_FDS|LISTEN_FDNAMES)$/;
/**
 * Variables by which the C library loads code or texts. Tools that still run as root must not see them: they may lead
 * to files of the worker's user, who would be root then.
 */
const OF_LOADER = /^(LD_.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|MUSL_LOCPATH|NLSPATH|LANGUAGE)$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Puts the command line together; `argv[0]` reaches the program unless tools stand before it and `executable` is set. */
export function makeCommandLine(plan: SpawnPlan, { file, prefix, changesUser }: Program): Result<CommandLine, string> {
  const passes = plan.sockets.length > 0;
  if (!passes && prefix.length === 0) return succeed({ path: file, argv: plan.argv, env: assignments(plan.env) });

  const callable = plan.executable === null && plan.env["PATH"] !== undefined ? (plan.argv[0] ?? file) : file;
  const program = [callable, ...plan.argv.slice(1)];
  const all = Object.entries(plan.env).filter(([name]) => !passes || !name.startsWith("LISTEN_"));
  const goesRound = (name: string): boolean =>
    (passes && (OF_SHELLS.test(name) || !IDENTIFIER.test(name))) || (changesUser && OF_LOADER.test(name));
  const round = assignments(Object.fromEntries(all.filter(([name]) => goesRound(name))));
  const through = assignments(Object.fromEntries(all.filter(([name]) => !goesRound(name))));
  if (!passes && round.length === 0) return lead([...prefix, ...program], through);

  if (callable.includes("="))
    return fail(`"${callable}" cannot be started by env(1), which would take it for a variable: rename it or drop sockets and uid`);
  const env = ENV_PLACES.find((place) => existsSync(place));
  if (env === undefined) return fail("the program env(1) is missing, which passes sockets and variables: install coreutils or busybox");
  if (!passes) return lead([...prefix, env, ...round, ...program], through);
  const names = plan.sockets.map((socket) => socket.name.replaceAll(":", "_")).join(":");
  const listen = [`LISTEN_FDS=${plan.sockets.length}`, `LISTEN_FDNAMES=${names}`];
  return lead([...prefix, "/bin/sh", "-c", TELL_PID, env, ...round, ...program], [...through, ...listen]);
}

function lead(argv: readonly string[], env: readonly string[]): Result<CommandLine, string> {
  const path = argv[0];
  if (path === undefined) throw new Error("internal: an empty command line");
  return succeed({ path, argv, env });
}

function assignments(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
