/** The version of this package, as package.json says it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @throws Error when no package.json stands above this file, which is a broken installation */
export function packageVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file)) return versionIn(file);
    if (dirname(folder) === folder) throw new Error("internal: no package.json stands above the program");
  }
}

function versionIn(file: string): string {
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  const version = typeof content === "object" && content !== null && "version" in content ? content.version : undefined;
  if (typeof version !== "string") throw new Error(`internal: "${file}" names no version`);
  return version;
}
