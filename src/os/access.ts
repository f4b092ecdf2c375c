/**
 * Tells beforehand whether another user may execute a file, by the kernel's rules for owners and modes. It says "no"
 * only where it is sure: what cannot be looked at, and what has an access control list, is left to exec.
 */
import { posix } from "node:path";

/** The ids that the kernel compares with those of a file. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

export interface Entry {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
  readonly directory: boolean;
  /** Where a symbolic link leads, else null. */
  readonly target: string | null;
}

export interface FileTree {
  /** What is at a path, without following a link there; null where that cannot be told. */
  look(path: string): Entry | null;
  /** Whether an access control list says more about the path than its mode. */
  hasAcl(path: string): boolean;
}

export interface Obstacle {
  readonly path: string;
  readonly directory: boolean;
}

/** As many links as the kernel follows in one path. */
const MOST_LINKS = 40;

/** Whether these ids may execute the file, or search the directory. */
export function permits(entry: Entry, { uid, gid, groups }: Credentials): boolean {
  if (uid === 0) return entry.directory || (entry.mode & 0o111) !== 0;
  // The first class that fits decides alone: an owner without permission is not helped by that of the others.
  if (entry.uid === uid) return (entry.mode & 0o100) !== 0;
  if (entry.gid === gid || groups.includes(entry.gid)) return (entry.mode & 0o010) !== 0;
  return (entry.mode & 0o001) !== 0;
}

/**
 * Walks to the file as the kernel does, through links too, and finds the first directory that these ids may not search,
 * or the file itself where they may not execute it.
 *
 * @param from absolute directory without links, in which a relative path begins; the way to it is not asked about
 * @returns null where nothing stands in the way, as far as can be told
 * @example `findObstacle("bin/serve", { from: "/srv/web", who: { uid: 33, gid: 33, groups: [33] }, tree })`
 */
export function findObstacle(
  file: string,
  { from, who, tree }: { readonly from: string; readonly who: Credentials; readonly tree: FileTree },
): Obstacle | null {
  const names = namesIn(file);
  let path = file.startsWith("/") ? "/" : from;
  let entry = tree.look(path);
  for (let links = 0; links <= MOST_LINKS;) {
    if (entry === null) return null;
    if (!permits(entry, who) && !tree.hasAcl(path)) return { path, directory: entry.directory };
    const name = names.shift();
    if (name === undefined) return null;
    const next = posix.join(path, name);
    const found = tree.look(next);
    if (found === null || found.target === null) {
      path = next;
      entry = found;
      continue;
    }
    links++;
    names.unshift(...namesIn(found.target));
    if (!found.target.startsWith("/")) continue;
    path = "/";
    entry = tree.look(path);
  }
  return null;
}

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
