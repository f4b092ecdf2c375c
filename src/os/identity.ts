/**
 * As whom a worker runs: names and numbers of user and group become ids, and the calling thread takes them on for the
 * moment of the spawn. The kernel keeps ids by thread: other threads of this process never lose theirs.
 */
import type { Native, ThreadIds, User } from "./native.js";
import { fail, succeed, type Result } from "../core/result.js";

/** Null leaves that part as it is in this process. */
export interface Identity {
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

/**
 * Looks user and group up. A user without a group gets its primary group, and every user its supplementary groups as
 * initgroups(3) sets them; a group alone leaves user and supplementary groups as they are.
 *
 * @returns null where nothing has to change
 */
export function resolveIdentity(native: Native, wanted: Wanted): Result<Identity | null, IdentityFailure> {
  if (wanted.uid === null && wanted.gid === null) return succeed(null);
  const gid = wanted.gid === null ? null : findGroup(native, wanted.gid);
  if (wanted.gid !== null && gid === null) return fail({ code: null, message: `no such group "${wanted.gid}"` });
  if (wanted.uid === null) return permitted({ uid: null, gid, groups: null });

  const found = findUser(native, wanted.uid);
  if (found === null) return fail({ code: null, message: `no such user "${wanted.uid}"` });
  const primary = gid ?? found.user?.gid ?? null;
  if (primary === null) return fail({ code: null, message: `user ${found.uid} has no entry that tells its group: set "gid" too` });
  const groups = found.user === null ? [primary] : native.groupsOf(found.user.name, primary);
  return permitted({ uid: found.uid, gid: primary, groups });
}

/** Runs with the calling thread under that identity. Only what exec starts meanwhile keeps it. */
export function runAs<T>(native: Native, identity: Identity, run: () => T): Result<T, IdentityFailure> {
  const before = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, groups: native.threadGroups() };
  if (!before.groups.ok) return fail({ code: before.groups.failure, message: "the own groups cannot be read" });
  const { uid, gid } = before;
  const groups = before.groups.value;
  const refused = takeOn(native, identity);
  try {
    return refused === null ? succeed(run()) : fail(refused);
  } finally {
    restore(native, { uid, gid, groups });
  }
}

/** The user comes first: only root may set the others back. */
function restore(native: Native, own: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] }): void {
  const { uid, gid, groups } = own;
  const back = [
    native.setThreadUids({ real: uid, effective: uid, saved: uid }),
    native.setThreadGids({ real: gid, effective: gid, saved: gid }),
    native.setThreadGroups(groups),
  ];
  // Going on as somebody else would start every later worker wrongly.
  if (back.some((step) => !step.ok)) throw new Error("internal: the identity of the daemon could not be restored after a spawn");
}

function takeOn(native: Native, { uid, gid, groups }: Identity): IdentityFailure | null {
  const steps: readonly (() => Result<void, string>)[] = [
    () => (groups === null ? succeed(undefined) : native.setThreadGroups(groups)),
    () => (gid === null ? succeed(undefined) : native.setThreadGids(keepingRoot(gid))),
    () => (uid === null ? succeed(undefined) : native.setThreadUids(keepingRoot(uid))),
  ];
  for (const step of steps) {
    const done = step();
    if (!done.ok) return { code: done.failure, message: `cannot become user ${uid ?? "(unchanged)"}, group ${gid ?? "(unchanged)"}` };
  }
  return null;
}

/** The saved id is the way back to root for this thread; exec sets it to the effective one, so the worker has none. */
function keepingRoot(id: number): ThreadIds {
  return { real: id, effective: id, saved: 0 };
}

function permitted(identity: Identity): Result<Identity | null, IdentityFailure> {
  if (process.geteuid?.() === 0) return succeed(identity);
  const sameUser = identity.uid === null || identity.uid === process.geteuid?.();
  const sameGroup = identity.gid === null || identity.gid === process.getegid?.();
  if (sameUser && sameGroup) return succeed(null);
  return fail({ code: "EPERM", message: "only root may start workers as another user or group: run circusd as root, or drop uid and gid" });
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
