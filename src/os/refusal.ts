/** Says beforehand why the user that a worker becomes may not execute a file: `setpriv` could only end with a code. */
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { findObstacle, type Credentials, type Entry, type FileTree } from "./access.js";
import type { Identity } from "./identity.js";
import type { Native } from "./native.js";

/**
 * @param directory in which the worker starts; null is our own
 * @returns a function from a file to the reason in words, or to null where nothing is known against executing it
 * @example `refusalFor(native, identity, "/srv")("bin/serve") // 'user "nobody" may not execute "bin/serve": …'`
 */
export function refusalFor(native: Pick<Native, "hasAcl">, identity: Identity, directory: string | null): (file: string) => string | null {
  const who = credentialsOf(identity);
  const tree: FileTree = { look, hasAcl: (path) => native.hasAcl(path) };
  return (file) => {
    const from = file.startsWith("/") ? "/" : realPath(directory ?? ".");
    const obstacle = from === null ? null : findObstacle(file, { from, who, tree });
    if (obstacle === null) return null;
    const blame = obstacle.directory ? `the directory "${obstacle.path}" may not be entered` : "check owner and mode of the file";
    return `${identity.name} may not execute "${file}": ${blame}`;
  };
}

function credentialsOf({ uid, gid, groups }: Identity): Credentials {
  return {
    uid: uid ?? process.geteuid?.() ?? 0,
    gid: gid ?? process.getegid?.() ?? 0,
    groups: groups ?? process.getgroups?.() ?? [],
  };
}

function look(path: string): Entry | null {
  try {
    const found = lstatSync(path);
    const target = found.isSymbolicLink() ? readlinkSync(path) : null;
    return { uid: found.uid, gid: found.gid, mode: found.mode & 0o7777, directory: found.isDirectory(), target };
  } catch {
    return null;
  }
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
