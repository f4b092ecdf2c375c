/**
 * Resource limits of a worker. util-linux's `prlimit` sets them in the worker's own process, exactly as numbered and
 * soft and hard both, just before it becomes the program: changing the daemon's own limits downwards, even for a
 * moment, would hit its other threads.
 */
import { accessSync, constants } from "node:fs";
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
const PLACES = ["/usr/bin/prlimit", "/bin/prlimit", "/usr/local/bin/prlimit", "/sbin/prlimit"];

export interface LimitFailure {
  readonly code: string | null;
  readonly message: string;
}

/** What to put before the program, and which hard limits of our own must be higher while it is started. */
export interface LimitPlan {
  readonly prefix: readonly string[];
  readonly raises: readonly { readonly resource: number; readonly hard: bigint }[];
}

const NOTHING: LimitPlan = { prefix: [], raises: [] };

/** @returns the path of `prlimit`, or null where util-linux is not installed */
export function findPrlimit(): string | null {
  return PLACES.find(isExecutable) ?? null;
}

/** Checks names, values and rights, so that `prlimit` itself has nothing left to refuse. */
export function planLimits(native: Native, prlimit: string | null, limits: Limits): Result<LimitPlan, LimitFailure> {
  const wanted = Object.entries(limits);
  if (wanted.length === 0) return succeed(NOTHING);
  if (prlimit === null) {
    return fail({ code: "ENOENT", message: 'the program "prlimit" is missing: install the package util-linux (Alpine: util-linux-misc)' });
  }
  const options: string[] = [];
  const raises: { resource: number; hard: bigint }[] = [];
  for (const [name, value] of wanted) {
    const resource = Object.hasOwn(RESOURCES, name) ? RESOURCES[name] : undefined;
    if (resource === undefined) {
      return fail({ code: "EINVAL", message: `unknown limit "rlimit_${name}": use one of ${Object.keys(RESOURCES).join(", ")}` });
    }
    const own = native.ownLimit(resource.number);
    if (!own.ok) return fail({ code: own.failure, message: `the own limit "${name}" cannot be read` });
    const target = readTarget(native, resource.number, { name, value, own: own.value });
    if (!target.ok) return target;
    if (target.value > own.value.hard) raises.push({ resource: resource.number, hard: target.value });
    const number = target.value === INFINITY ? "unlimited" : target.value.toString();
    options.push(`--${resource.option}=${number}:${number}`);
  }
  return succeed({ prefix: [prlimit, ...options, "--"], raises });
}

/** Runs with the hard limits raised. Raising takes nothing from other threads; afterwards they are put back. */
export function runRaised<T>(native: Native, raises: LimitPlan["raises"], run: () => T): T {
  const before: { readonly resource: number; readonly limit: Limit }[] = [];
  try {
    for (const { resource, hard } of raises) {
      const own = native.ownLimit(resource);
      if (own.ok && native.setOwnLimit(resource, { soft: own.value.soft, hard }).ok) before.push({ resource, limit: own.value });
    }
    return run();
  } finally {
    for (const { resource, limit } of before) native.setOwnLimit(resource, limit);
  }
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

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
