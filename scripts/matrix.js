// @ts-check
/**
 * Runs the whole suite on every Node that is supported. Those which do not run this script come from npm, as the
 * packages that carry Node's own binaries, into a directory that is removed at the end. Words choose tests, as
 * in scripts/test.js.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, inOrder, install, run } from "./steps.js";

/** The oldest version with long-term support that the dependencies run on, and its successors. */
const VERSIONS = ["20", "22", "24"];

const temp = mkdtempSync(path.join(tmpdir(), "circusd-matrix-"));
process.on("exit", () => {
  rmSync(temp, { recursive: true, force: true });
});
await inOrder(install, build);

/** @type {{ version: string, code: number, failures: string }[]} */
const results = [];
for (const version of VERSIONS) results.push(await suite(version));

console.log("\nNode  tests");
for (const { version, code, failures } of results) {
  console.log(`${version.padEnd(6)}${code === 0 ? "passed" : `FAILED (exit code ${code})`}`);
  if (failures !== "") console.log(failures.replace(/^(?=.)/gm, "        "));
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

/** @param {string} version */
async function suite(version) {
  console.log(`\n=== Node ${version}`);
  const node = await binary(version);
  if (node === null) return { version, code: 127, failures: `Cannot get Node ${version}: npm failed\n` };
  const report = path.join(temp, `${version}.txt`);
  // Programs that the tests start by the name "node" are to be of the same version.
  const env = { ...process.env, PATH: `${path.dirname(node)}:${process.env["PATH"] ?? ""}`, CIRCUSD_FAILURES: report };
  const code = await run(node, ["scripts/test.js", ...process.argv.slice(2)], { env });
  return { version, code, failures: contents(report) };
}

/** @param {string} version */
async function binary(version) {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const name = `node-linux-${process.arch}`;
  const prefix = path.join(temp, version);
  const code = await run("npm", ["install", "--prefix", prefix, "--no-audit", "--no-fund", "--no-save", `${name}@${version}`], {
    cwd: temp,
  });
  return code === 0 ? path.join(prefix, "node_modules", name, "bin", "node") : null;
}

/** @param {string} file */
function contents(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
