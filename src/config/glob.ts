/** Finds files by a pattern, segment by segment, by the rules of Python's glob. What a disk is, the caller says. */
import { isPattern, matcher } from "../core/fnmatch.js";

export interface Directories {
  /** Names in a directory, without `.` and `..`; empty where it cannot be read. */
  list(directory: string): Promise<readonly string[]>;
  exists(path: string): Promise<boolean>;
}

/**
 * All paths that match an absolute pattern, in order of their names. `*` does not match a leading dot, and
 * `**` is no more than `*`.
 */
export async function glob(pattern: string, disk: Directories): Promise<readonly string[]> {
  let found: readonly string[] = [""];
  for (const segment of pattern.split("/").slice(1)) {
    const next: string[] = [];
    for (const base of found) next.push(...(await step(base, segment, disk)));
    found = next;
  }
  return found;
}

async function step(base: string, segment: string, disk: Directories): Promise<readonly string[]> {
  if (!isPattern(segment)) {
    const path = `${base}/${segment}`;
    return (await disk.exists(path)) ? [path] : [];
  }
  const matches = matcher(segment);
  const names = await disk.list(base === "" ? "/" : base);
  return names
    .filter((name) => matches(name) && (!name.startsWith(".") || segment.startsWith(".")))
    .toSorted()
    .map((name) => `${base}/${name}`);
}
