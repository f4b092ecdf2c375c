/**
 * The calls of libc that Node has no door to and processes need, each as a function that answers with a value or with
 * the name of its errno. It decides nothing. The numbers are Linux's, alike on x64 and arm64. glibc and musl are alike
 * here too: structures that are opaque get more room than either of them needs.
 */
import { closeSync } from "node:fs";
import { constants } from "node:os";
import koffi, { type LibraryHandle } from "koffi";
import { fail, succeed, type Result } from "../core/result.js";
import type { Pid } from "../core/ports.js";

/** An errno name such as `ENOENT`. */
export type ErrnoName = string;

/** What is done to descriptors and directory in the new process before its program runs, in this order. */
export type FileAction =
  | { readonly do: "chdir"; readonly path: string }
  | { readonly do: "open"; readonly path: string; readonly as: number }
  | { readonly do: "dup"; readonly fd: number; readonly as: number };

export interface Launch {
  /** Program file, looked up from the directory of the last chdir; no PATH is searched. */
  readonly path: string;
  readonly argv: readonly string[];
  /** Each `NAME=VALUE`. */
  readonly env: readonly string[];
  readonly actions: readonly FileAction[];
}

/** How a child ended, as waitpid(2) tells it. */
export type WaitStatus = number;

export interface Limit {
  readonly soft: bigint;
  readonly hard: bigint;
}

export interface Native {
  /** Starts a program in a session of its own, with default signal dispositions and an empty signal mask. */
  spawn(launch: Launch): Result<Pid, ErrnoName>;
  /** Both ends are closed on exec. */
  pipe(): Result<{ readonly read: number; readonly write: number }, ErrnoName>;
  /** Asks the kernel for more room in a pipe; it may refuse. */
  growPipe(fd: number, bytes: number): Result<void, ErrnoName>;
  /** A second descriptor, closed on exec, with the lowest free number that is at least `from`. */
  duplicate(fd: number, from: number): Result<number, ErrnoName>;
  close(fd: number): void;
  /** From now on the descriptor is closed where a program is executed. */
  closeOnExec(fd: number): Result<void, ErrnoName>;
  /** A child that has ended and is not reaped yet, without reaping it; null where there is none. */
  peekDead(): Pid | null;
  /** Reaps that child if it has ended; null where it has not, or is no child of ours. */
  reap(pid: Pid): WaitStatus | null;
  kill(pid: Pid, signal: number): Result<void, ErrnoName>;
  /** Orphans among our descendants become our children from now on. */
  becomeSubreaper(): Result<void, ErrnoName>;
  ownLimit(resource: number): Result<Limit, ErrnoName>;
  setOwnLimit(resource: number, limit: Limit): Result<void, ErrnoName>;
  /** Whether a POSIX access control list stands beside the mode of a file or directory. */
  hasAcl(path: string): boolean;
  userByName(name: string): User | null;
  userById(uid: number): User | null;
  groupByName(name: string): number | null;
  /** All groups that a user belongs to, with `primary` among them. */
  groupsOf(name: string, primary: number): readonly number[];
  pageSize(): number;
}

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const MACHINES = ["x64", "arm64"];

const O_CLOEXEC = 0o2000000;
const O_RDWR = 2;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x01000000;
const PR_SET_CHILD_SUBREAPER = 36;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
const POSIX_SPAWN_SETSID = 0x80;
/** Where siginfo_t has si_pid on 64-bit machines. */
const SI_PID = 16;
/** More than posix_spawnattr_t, posix_spawn_file_actions_t, sigset_t and siginfo_t take in either libc. */
const ROOM = 512;

/**
 * Binds the calls to the C library that this process runs on; costs about a millisecond.
 *
 * @throws where the machine is neither x64 nor arm64, or the C library lacks one of the calls
 * @example `const native = loadNative(); const pipe = native.pipe();`
 */
export function loadNative(): Native {
  if (process.platform !== "linux" || !MACHINES.includes(process.arch)) {
    throw new Error(`Cannot supervise processes on "${process.platform} ${process.arch}": use Linux on x64 or arm64`);
  }
  const libc = koffi.load(null);
  const pipe2: (fds: Int32Array, flags: number) => number = libc.func("int pipe2(void *, int)");
  const fcntl: (fd: number, command: number, type: "int", value: number) => number = libc.func("int fcntl(int, int, ...)");
  const waitid: (type: number, id: number, info: Buffer, options: number) => number = libc.func("int waitid(int, int, void *, int)");
  const waitpid: (pid: number, status: Int32Array, options: number) => number = libc.func("int waitpid(int, void *, int)");
  const kill: (pid: number, signal: number) => number = libc.func("int kill(int, int)");
  const prctl: (option: number, value: number, a: number, b: number, c: number) => number = libc.func(
    "int prctl(int, long, long, long, long)",
  );
  const prlimit: (pid: number, resource: number, next: BigUint64Array | null, old: BigUint64Array | null) => number = libc.func(
    "int prlimit(int, int, const void *, void *)",
  );
  const getxattr: (path: string, name: string, value: null, size: number) => number = libc.func(
    "intptr_t getxattr(const char *, const char *, void *, size_t)",
  );
  const getpagesize: () => number = libc.func("int getpagesize()");

  const answer = (returned: number): Result<number, ErrnoName> => (returned >= 0 ? succeed(returned) : fail(errnoName(koffi.errno())));
  const done = (returned: number): Result<void, ErrnoName> => (returned >= 0 ? succeed(undefined) : fail(errnoName(koffi.errno())));
  const info = Buffer.alloc(ROOM);
  const status = new Int32Array(1);

  return {
    spawn: bindSpawn(libc),
    ...bindUsers(libc),
    pipe: () => {
      const fds = new Int32Array(2);
      const made = done(pipe2(fds, O_CLOEXEC));
      return made.ok ? succeed({ read: fds[0] ?? -1, write: fds[1] ?? -1 }) : made;
    },
    growPipe: (fd, bytes) => done(fcntl(fd, F_SETPIPE_SZ, "int", bytes)),
    duplicate: (fd, from) => answer(fcntl(fd, F_DUPFD_CLOEXEC, "int", from)),
    close: (fd) => {
      closeSync(fd);
    },
    closeOnExec: (fd) => done(fcntl(fd, F_SETFD, "int", FD_CLOEXEC)),
    peekDead: () => {
      info.fill(0, 0, SI_PID + 4);
      if (waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) < 0) return null;
      return info.readInt32LE(SI_PID) || null;
    },
    reap: (pid) => (waitpid(pid, status, WNOHANG) === pid ? (status[0] ?? 0) : null),
    kill: (pid, signal) => done(kill(pid, signal)),
    becomeSubreaper: () => done(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)),
    ownLimit: (resource) => {
      const limit = new BigUint64Array(2);
      const read = done(prlimit(0, resource, null, limit));
      return read.ok ? succeed({ soft: limit[0] ?? 0n, hard: limit[1] ?? 0n }) : read;
    },
    setOwnLimit: (resource, limit) => done(prlimit(0, resource, BigUint64Array.of(limit.soft, limit.hard), null)),
    hasAcl: (path) => getxattr(path, "system.posix_acl_access", null, 0) > 0,
    pageSize: () => getpagesize(),
  };
}

/** posix_spawn(3) reports by return value, and by exec's own errno where the program could not be executed. */
function bindSpawn(libc: LibraryHandle): Native["spawn"] {
  const posixSpawn: (
    pid: Int32Array,
    path: string,
    actions: Buffer,
    attributes: Buffer,
    argv: readonly (string | null)[],
    env: readonly (string | null)[],
  ) => number = libc.func("int posix_spawn(void *, const char *, const void *, const void *, const char **, const char **)");
  const initActions: (actions: Buffer) => number = libc.func("int posix_spawn_file_actions_init(void *)");
  const destroyActions: (actions: Buffer) => number = libc.func("int posix_spawn_file_actions_destroy(void *)");
  const addDup: (actions: Buffer, fd: number, as: number) => number = libc.func("int posix_spawn_file_actions_adddup2(void *, int, int)");
  const addOpen: (actions: Buffer, fd: number, path: string, flags: number, mode: number) => number = libc.func(
    "int posix_spawn_file_actions_addopen(void *, int, const char *, int, unsigned int)",
  );
  const addChdir: (actions: Buffer, path: string) => number = libc.func("int posix_spawn_file_actions_addchdir_np(void *, const char *)");
  const attributes = makeAttributes(libc);

  return ({ path, argv, env, actions }) => {
    const list = Buffer.alloc(ROOM);
    const pid = new Int32Array(1);
    let code = initActions(list);
    if (code !== 0) return fail(errnoName(code));
    for (const action of actions) {
      if (action.do === "chdir") code ||= addChdir(list, action.path);
      else if (action.do === "open") code ||= addOpen(list, action.as, action.path, O_RDWR, 0);
      else code ||= addDup(list, action.fd, action.as);
    }
    code ||= posixSpawn(pid, path, list, attributes, [...argv, null], [...env, null]);
    destroyActions(list);
    return code === 0 ? succeed(pid[0] ?? 0) : fail(errnoName(code));
  };
}

/** Node ignores SIGPIPE and may block signals; a worker must inherit neither. */
function makeAttributes(libc: LibraryHandle): Buffer {
  const init: (attributes: Buffer) => number = libc.func("int posix_spawnattr_init(void *)");
  const setFlags: (attributes: Buffer, flags: number) => number = libc.func("int posix_spawnattr_setflags(void *, short)");
  const setDefault: (attributes: Buffer, set: Buffer) => number = libc.func("int posix_spawnattr_setsigdefault(void *, const void *)");
  const setMask: (attributes: Buffer, set: Buffer) => number = libc.func("int posix_spawnattr_setsigmask(void *, const void *)");
  const attributes = Buffer.alloc(2 * ROOM);
  const failed =
    init(attributes) ||
    setFlags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) ||
    setDefault(attributes, Buffer.alloc(ROOM, 0xff)) ||
    setMask(attributes, Buffer.alloc(ROOM));
  if (failed !== 0) throw new Error(`internal: posix_spawnattr failed with ${errnoName(failed)}`);
  return attributes;
}

type Users = Pick<Native, "userByName" | "userById" | "groupByName" | "groupsOf">;

/** The password and group files, or whatever the system's name service asks instead of them. */
function bindUsers(libc: LibraryHandle): Users {
  const passwd = koffi.struct({ name: "const char *", password: "void *", uid: "uint32_t", gid: "uint32_t" });
  const group = koffi.struct({ name: "const char *", password: "void *", gid: "uint32_t" });
  const getpwnam: (name: string) => unknown = libc.func("getpwnam", koffi.pointer(passwd), ["const char *"]);
  const getpwuid: (uid: number) => unknown = libc.func("getpwuid", koffi.pointer(passwd), ["uint32_t"]);
  const getgrnam: (name: string) => unknown = libc.func("getgrnam", koffi.pointer(group), ["const char *"]);
  const getgrouplist: (name: string, primary: number, groups: Uint32Array, count: Int32Array) => number = libc.func(
    "int getgrouplist(const char *, uint32_t, void *, void *)",
  );
  const decodeUser: (entry: unknown, type: typeof passwd) => User = koffi.decode;
  const decodeGroup: (entry: unknown, type: typeof group) => Pick<User, "gid"> = koffi.decode;
  const readUser = (entry: unknown): User | null => {
    if (entry === null) return null;
    const read = decodeUser(entry, passwd);
    return { name: read.name, uid: read.uid, gid: read.gid };
  };
  return {
    userByName: (name) => readUser(getpwnam(name)),
    userById: (uid) => readUser(getpwuid(uid)),
    groupByName: (name) => {
      const entry = getgrnam(name);
      return entry === null ? null : decodeGroup(entry, group).gid;
    },
    groupsOf: (name, primary) => {
      const count = Int32Array.of(64);
      let groups = new Uint32Array(64);
      if (getgrouplist(name, primary, groups, count) < 0) {
        groups = new Uint32Array(count[0] ?? 0);
        getgrouplist(name, primary, groups, count);
      }
      return [...groups.subarray(0, count[0])];
    },
  };
}

/** Where two names share a number, the first in the alphabet is the usual one: EAGAIN, not EWOULDBLOCK. */
function errnoName(errno: number): ErrnoName {
  const names = Object.entries(constants.errno).filter(([, value]) => value === errno);
  return names.map(([name]) => name).sort()[0] ?? `errno ${errno}`;
}
