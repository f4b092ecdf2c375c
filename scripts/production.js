// @ts-check
/** The packages that a finished circusd needs, out of those that are installed for its development. */
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

/**
 * @typedef {object} Entry
 * @property {boolean} [dev]
 * @property {boolean} [devOptional]
 * @property {boolean} [optional]
 * @property {readonly string[]} [os]
 * @property {readonly string[]} [cpu]
 */

/**
 * Paths such as `node_modules/koffi`, for Linux on that processor (Node's word: x64, arm64). Optional packages are
 * binaries for one platform; those that would want a compiler are left out.
 * @param {string} root the repository
 * @param {string} cpu
 * @returns {readonly string[]}
 * @throws where package-lock.json cannot be read, or one of them is not installed
 */
export function productionPackages(root, cpu) {
  /** @type {{ packages: Record<string, Entry> }} */
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  const names = Object.entries(lock.packages)
    .filter(([name, entry]) => name !== "" && !entry.dev && !entry.devOptional && (!entry.optional || isFor(entry, cpu)))
    .map(([name]) => name);
  const missing = names.filter((name) => !existsSync(path.join(root, name)));
  if (missing.length > 0) throw new Error(`Cannot find ${missing.join(", ")}: run npm ci, on a machine with that processor`);
  return names;
}

/**
 * Copies them below a directory, without what is for other platforms.
 * @param {string} root the repository
 * @param {string} cpu
 * @param {string} destination
 */
export function copyProduction(root, cpu, destination) {
  const names = productionPackages(root, cpu);
  for (const name of names) {
    const own = path.join(root, name) + path.sep;
    const filter = (/** @type {string} */ source) => source === path.join(root, name) || isNeeded(source.slice(own.length));
    cpSync(path.join(root, name), path.join(destination, name), { recursive: true, filter });
  }
  const builds = path.join(destination, "node_modules", "zeromq", "build");
  for (const other of ["darwin", "win32", ...["x64", "arm64"].filter((one) => one !== cpu).map((one) => path.join("linux", one))]) {
    rmSync(path.join(builds, other), { recursive: true, force: true });
  }
}

/** What a package brings along for people and for its own development; halves the number of files. */
const IDLE_FOLDERS = /^(node_modules|tests?|docs?|examples?|benchmarks?|coverage|\.[^/]*)$/;
const IDLE_FILES = /\.(d\.[cm]?ts|[cm]?ts|map|md|ya?ml|markdown|tsbuildinfo)$/i;

/**
 * Packages that it has in a folder of its own stand in the list by themselves, or are for development.
 * @param {string} name below the package's folder
 */
function isNeeded(name) {
  return !IDLE_FOLDERS.test(name) && (!IDLE_FILES.test(name) || /licen[cs]e/i.test(name));
}

/**
 * @param {Entry} entry
 * @param {string} cpu
 */
function isFor({ os, cpu: processors }, cpu) {
  return os?.includes("linux") === true && processors?.includes(cpu) === true;
}
