/** Looks at a Python virtualenv on disk: where its programs and its packages are. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Virtualenv } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";

/**
 * Finds the `site-packages` of a virtualenv and what `.pth` files in it add, as Circus does.
 * @param version of its Python, such as "3.11"; null takes the newest there is, as circusd has no Python of its own to go by.
 */
export function findVirtualenv(root: string, version: string | null): Result<Virtualenv, string> {
  const lib = path.join(root, "lib");
  const names = version === null ? interpreters(lib) : [`python${version}`, `pypy${version}`];
  const candidates = names.map((name) => path.join(lib, name, "site-packages"));
  const sitePackages = candidates.find((candidate) => existsSync(candidate));
  if (sitePackages === undefined) {
    const tried = candidates.length === 0 ? `no Python under "${lib}"` : `no ${candidates.map((one) => `"${one}"`).join(" nor ")}`;
    return fail(`virtualenv "${root}" has ${tried}; check virtualenv and virtualenv_py_ver`);
  }
  const bin = path.join(root, "bin");
  return succeed({ bin: existsSync(bin) ? bin : null, packages: addedPaths(sitePackages), sitePackages });
}

/** Directories such as `python3.11`, the newest first. */
function interpreters(lib: string): string[] {
  const found = list(lib).filter((name) => /^(python|pypy)\d/.test(name));
  return found.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
}

function addedPaths(sitePackages: string): string[] {
  const added = list(sitePackages)
    .filter((name) => name.endsWith(".pth"))
    .sort()
    .flatMap((name) => lines(path.join(sitePackages, name)))
    // A .pth file may also hold code and comments; only Python itself can make use of the first.
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("import"))
    .map((line) => path.resolve(sitePackages, line))
    .filter((entry) => existsSync(entry));
  return [...new Set(added)];
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split(/\r?\n/)
      .map((line) => line.trimEnd());
  } catch {
    return [];
  }
}
