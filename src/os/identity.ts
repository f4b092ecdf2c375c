/**
 * As whom a worker runs: names and numbers of user and group become ids, and these the options of util-linux's
 * `setpriv`, which takes them on in the worker's own process. The ids of circusd itself never change: a process that
 * has a user's real id, if only for a moment, may be killed by that user.
 */
import { readFileSync } from "node:fs";
import type { Native, User } from "./native.js";
import { fail, succeed, type Result } from "../core/result.js";

/** Null leaves that part as it is in this process. */
export interface Identity {
  /** For messages: `user "nobody"`. */
  readonly name: string;
  readonly uid: number | null;
  readonly gid: number | null;
  /** Supplementary groups. */
  readonly groups: readonly number[] | null;
}

export interface IdentityFailure {
  readonly code: string | null;
  readonly message: string;
}

interface Wanted {
  readonly uid: string | number | null;
  readonly gid: string | number | null;
}

const CAP_SETGID = 6n;
const CAP_SETUID = 7n;

/**
 * Looks user and group up. A user without a group gets its primary group, and every user its supplementary groups as
 * initgroups(3) sets them; a group alone leaves user and supplementary groups as they are.
 *
 * @returns null where nothing has to change; EPERM where circusd may not change it
 */
export function resolveIdentity(native: Native, wanted: Wanted): Result<Identity | null, IdentityFailure> {
  if (wanted.uid === null && wanted.gid === null) return succeed(null);
  const gid = wanted.gid === null ? null : findGroup(native, wanted.gid);
  if (wanted.gid !== null && gid === null) return fail({ code: null, message: `no such group "${wanted.gid}"` });
  if (wanted.uid === null) return permitted({ name: `group "${wanted.gid}"`, uid: null, gid, groups: null });

  const found = findUser(native, wanted.uid);
  if (found === null) return fail({ code: null, message: `no such user "${wanted.uid}"` });
  const primary = gid ?? found.user?.gid ?? null;
  if (primary === null) return fail({ code: null, message: `user ${found.uid} has no entry that tells its group: set "gid" too` });
  const groups = found.user === null ? [primary] : native.groupsOf(found.user.name, primary);
  return permitted({ name: `user "${wanted.uid}"`, uid: found.uid, gid: primary, groups });
}

/**
 * What to put before the program so that it runs with this identity.
 *
 * @param setpriv its path, or null where it is missing
 */
export function planIdentity(setpriv: string | null, { uid, gid, groups }: Identity): Result<readonly string[], IdentityFailure> {
  if (setpriv === null) {
    const message = 'the program "setpriv", by which workers become another user, is missing: install util-linux (Alpine: setpriv)';
    return fail({ code: "ENOENT", message });
  }
  const options = [
    ...(uid === null ? [] : [`--reuid=${uid}`]),
    ...(gid === null ? [] : [`--regid=${gid}`]),
    groups === null ? "--keep-groups" : `--groups=${groups.join(",")}`,
    // The kernel takes capabilities away from who stops being root, not from one ordinary user who becomes another.
    ...(isRoot() ? [] : ["--inh-caps=-all", "--ambient-caps=-all"]),
  ];
  return succeed([setpriv, ...options, "--"]);
}

function permitted(identity: Identity): Result<Identity | null, IdentityFailure> {
  const sameUser = identity.uid === null || identity.uid === process.geteuid?.();
  const sameGroup = identity.gid === null || identity.gid === process.getegid?.();
  if (sameUser && sameGroup) return succeed(null);
  const held = capabilities();
  if (((held >> CAP_SETGID) & 1n) === 1n && (sameUser || ((held >> CAP_SETUID) & 1n) === 1n)) return inNamespace(identity);
  const advice = isRoot()
    ? "circusd is root without the capabilities for it: give it CAP_SETUID and CAP_SETGID, or drop uid and gid"
    : "only root may start workers as another user or group: run circusd as root, or drop uid and gid";
  return fail({ code: "EPERM", message: advice });
}

/** In a user namespace, as rootless containers have one, there are only the ids that have been mapped into it. */
function inNamespace(identity: Identity): Result<Identity, IdentityFailure> {
  const { name, uid, gid, groups } = identity;
  if (groups !== null && readOwn("setgroups").startsWith("deny"))
    return fail({ code: "EPERM", message: "groups cannot be set in this user namespace: map more than one id into it, or drop uid" });
  const known = (uid === null || isMapped("uid_map", uid)) && [gid ?? [], groups ?? []].flat().every((id) => isMapped("gid_map", id));
  if (known) return succeed(identity);
  return fail({ code: "EINVAL", message: `the ids of ${name} do not exist in this user namespace: see /proc/self/uid_map and gid_map` });
}

/** A line of the map: the first id inside, the first outside, how many. */
function isMapped(map: "uid_map" | "gid_map", id: number): boolean {
  const lines = readOwn(map).trim();
  if (lines === "") return true;
  return lines.split("\n").some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return id >= first && id - first < count;
  });
}

/** What `setpriv` will be able to do: root gets its capabilities again with every exec, others keep ambient ones alone. */
function capabilities(): bigint {
  const line = isRoot() ? /^CapEff:\t(\w+)$/m : /^CapAmb:\t(\w+)$/m;
  return BigInt(`0x${line.exec(readOwn("status"))?.[1] ?? "0"}`);
}

/** What /proc tells of this process; empty where the kernel was built without that file. */
function readOwn(file: "status" | "setgroups" | "uid_map" | "gid_map"): string {
  try {
    return readFileSync(`/proc/self/${file}`, "latin1");
  } catch {
    return "";
  }
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

function findUser(native: Native, wanted: string | number): { readonly uid: number; readonly user: User | null } | null {
  const uid = readId(wanted);
  if (uid !== null) return { uid, user: native.userById(uid) };
  const user = native.userByName(String(wanted));
  return user === null ? null : { uid: user.uid, user };
}

function findGroup(native: Native, wanted: string | number): number | null {
  return readId(wanted) ?? native.groupByName(String(wanted));
}

/** The largest number means "unchanged" to the kernel, so it is no id. */
function readId(wanted: string | number): number | null {
  const text = String(wanted);
  const id = Number(text);
  return /^\d+$/.test(text) && id < 0xffffffff ? id : null;
}
