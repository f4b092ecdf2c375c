/**
 * Resource limits of a worker. util-linux's `prlimit` sets them in the worker's own process, exactly as numbered and
 * soft and hard both, with the rights of circusd and before the worker becomes another user: changing the daemon's own
 * limits downwards, even for a moment, would hit its other threads.
 */
import type { Limits, LimitValue } from "../core/spec.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { Limit, Native } from "./native.js";

/** Number of the resource and the option of `prlimit` for it. */
const RESOURCES: Readonly<Record<string, { readonly number: number; readonly option: string }>> = {
  cpu: { number: 0, option: "cpu" },
  fsize: { number: 1, option: "fsize" },
  data: { number: 2, option: "data" },
  stack: { number: 3, option: "stack" },
  core: { number: 4, option: "core" },
  rss: { number: 5, option: "rss" },
  nproc: { number: 6, option: "nproc" },
  nofile: { number: 7, option: "nofile" },
  ofile: { number: 7, option: "nofile" },
  memlock: { number: 8, option: "memlock" },
  as: { number: 9, option: "as" },
  locks: { number: 10, option: "locks" },
  sigpending: { number: 11, option: "sigpending" },
  msgqueue: { number: 12, option: "msgqueue" },
  nice: { number: 13, option: "nice" },
  rtprio: { number: 14, option: "rtprio" },
  rttime: { number: 15, option: "rttime" },
};

const INFINITY = 0xffffffffffffffffn;

export interface LimitFailure {
  readonly code: string | null;
  readonly message: string;
}

/**
 * What to put before the program so that it runs with these limits; nothing where there are none. Names, values and
 * rights are checked, so that `prlimit` itself has nothing left to refuse.
 *
 * @param prlimit its path, or null where it is missing
 */
export function planLimits(native: Native, prlimit: string | null, limits: Limits): Result<readonly string[], LimitFailure> {
  const wanted = Object.entries(limits);
  if (wanted.length === 0) return succeed([]);
  if (prlimit === null) {
    return fail({ code: "ENOENT", message: 'the program "prlimit" is missing: install the package util-linux (Alpine: util-linux-misc)' });
  }
  const options: string[] = [];
  for (const [name, value] of wanted) {
    const resource = Object.hasOwn(RESOURCES, name) ? RESOURCES[name] : undefined;
    if (resource === undefined) {
      return fail({ code: "EINVAL", message: `unknown limit "rlimit_${name}": use one of ${Object.keys(RESOURCES).join(", ")}` });
    }
    const own = native.ownLimit(resource.number);
    if (!own.ok) return fail({ code: own.failure, message: `the own limit "${name}" cannot be read` });
    const target = readTarget(native, resource.number, { name, value, own: own.value });
    if (!target.ok) return target;
    const number = target.value === INFINITY ? "unlimited" : target.value.toString();
    options.push(`--${resource.option}=${number}:${number}`);
  }
  return succeed([prlimit, ...options, "--"]);
}

interface Question {
  readonly name: string;
  readonly value: LimitValue;
  readonly own: Limit;
}

function readTarget(native: Native, resource: number, { name, value, own }: Question): Result<bigint, LimitFailure> {
  // Python's resource module, which Circus hands the number to, knows -1 as "no limit".
  const endless = value === "infinity" || value === -1;
  if (!endless && !(Number.isSafeInteger(value) && value >= 0)) {
    return fail({ code: "EINVAL", message: `the limit "rlimit_${name}" cannot be "${value}": use a whole number or "infinity"` });
  }
  const target = endless ? INFINITY : BigInt(value);
  if (target <= own.hard) return succeed(target);
  // Only the kernel knows whether it would: raising a hard limit for a moment takes nothing from anyone.
  const tried = native.setOwnLimit(resource, { soft: own.soft, hard: target });
  if (tried.ok) {
    native.setOwnLimit(resource, own);
    return succeed(target);
  }
  // The kernel never allows an endless number of files: who asks for it means as many as there may be.
  if (endless && name.endsWith("ofile")) return succeed(own.hard);
  return fail({
    code: tried.failure,
    message: `the limit "rlimit_${name}" cannot be raised to "${value}": the hard limit of circusd itself is ${own.hard}`,
  });
}
