/** Paths of anchors as people write them: `/X…/jobs/nightly`. */

/**
 * The names in a path. Slashes too many do no harm, and the first may be left out, as in Circuit.
 * @example `splitPath("//X1/a/")` is `["X1", "a"]`
 */
export function splitPath(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "");
}

/** @example `joinPath(["X1", "a"])` is `/X1/a` */
export function joinPath(names: readonly string[]): string {
  return `/${names.join("/")}`;
}

/** What is in a path where a server is named: its id, or the name that people gave it, which an `@` may mark. */
export function serverName(word: string): string {
  return word.startsWith("@") ? word.slice(1) : word;
}
