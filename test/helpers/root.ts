/** Where the repository is, seen from a compiled test. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The directory of the repository: CIRCUSD_ROOT where it is set, else the nearest one above this file that
 * holds circusd's package.json and its sources.
 * @throws where there is none.
 */
export function repositoryRoot(): string {
  const given = process.env["CIRCUSD_ROOT"];
  if (given !== undefined && given !== "") return path.resolve(given);
  const start = path.dirname(fileURLToPath(import.meta.url));
  for (let at = start; ; at = path.dirname(at)) {
    if (isRepository(at)) return at;
    if (at === path.dirname(at)) throw new Error(`Cannot find circusd's package.json above "${start}"; set CIRCUSD_ROOT`);
  }
}

/** @example `repositoryPath("bin", "circusd.js")` */
export function repositoryPath(...parts: string[]): string {
  return path.join(repositoryRoot(), ...parts);
}

function isRepository(directory: string): boolean {
  const file = path.join(directory, "package.json");
  if (!existsSync(file) || !existsSync(path.join(directory, "src"))) return false;
  const found: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof found === "object" && found !== null && "name" in found && found.name === "circusd";
}
