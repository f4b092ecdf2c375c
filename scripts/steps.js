// @ts-check
/** What the scripts of this folder share: running programs, installing, building. Only what Node itself brings may be used here. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** The console's page, which is bundled of many sources. */
const BUNDLE = path.join("src", "web", "page", "app");

/**
 * Runs a program in the repository, with this terminal.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} its exit code; 128 + n where signal n ended it, 127 where it could not start
 */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: "inherit", ...options });
    child.once("error", (error) => {
      console.error(`Cannot run "${program}": ${error.message}`);
      resolve(127);
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]);
    });
  });
}

/**
 * Ends this script with the exit code of the first step that fails; returns when all went well.
 * @param {readonly (() => Promise<number>)[]} steps
 */
export async function inOrder(...steps) {
  for (const step of steps) {
    const code = await step();
    if (code !== 0) process.exit(code);
  }
}

/** Installs what package-lock.json asks for, unless it is all there. */
export async function install() {
  return isInstalled() ? 0 : run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/**
 * Compiles the core alone, which proves that it is pure, then everything; holds the console's page against a browser's types
 * and bundles it.
 */
export async function build() {
  removeStale(path.join(root, "dist"));
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const projects = ["src/core/tsconfig.json", "tsconfig.json", "src/web/page/tsconfig.json"];
  for (const args of [...projects.map((project) => [tsc, "-p", project]), ["scripts/page.js"]]) {
    const code = await run(process.execPath, args);
    if (code !== 0) return code;
  }
  return 0;
}

/** npm notes in node_modules what it installed: compare that with what should be there. */
function isInstalled() {
  const wanted = packages("package-lock.json");
  const present = packages(path.join("node_modules", ".package-lock.json"));
  // Optional packages are for other platforms, as a rule.
  return Object.entries(wanted).every(([name, { version, optional }]) => name === "" || optional || present[name]?.version === version);
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packages(file) {
  const full = path.join(root, file);
  return existsSync(full) ? JSON.parse(readFileSync(full, "utf8")).packages : {};
}

/**
 * Removes compiled files whose source is gone: a deleted test must not run again.
 * @param {string} directory
 */
function removeStale(directory) {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const source = /^(.*)\.(js|js\.map|d\.ts)$/.exec(name)?.[1];
    if (source === undefined || source === BUNDLE || existsSync(path.join(root, `${source}.ts`))) continue;
    rmSync(path.join(directory, name));
  }
}
