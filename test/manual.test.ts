/** The manual of circus.ini says what the option tables say, and its examples are read as it claims. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { formatDiagnostic } from "../src/config/diagnose.js";
import { loadConfig } from "../src/config/load.js";
import { without } from "./helpers/partners.js";
import { repositoryPath } from "./helpers/root.js";
import { tempDir } from "./helpers/temp.js";

const ENVIRONMENT = { HOME: "/home/joe" };

/** A block of code; `then` is the one that follows it, unless a configuration comes first. */
interface Example {
  readonly info: string;
  readonly text: string;
  readonly then: { readonly info: string; readonly text: string } | null;
}

function examples(): readonly Example[] {
  const markdown = readFileSync(repositoryPath("docs/configuration.md"), "utf8");
  const blocks = [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({ info: match[1] ?? "", text: match[2] ?? "" }));
  return blocks.flatMap((block, index) => {
    if (!block.info.startsWith("ini")) return [];
    const then = blocks.slice(index + 1).find(({ info }) => info !== "ini conf.d/jobs.ini");
    return [{ ...block, then: then === undefined || then.info.startsWith("ini") ? null : then }];
  });
}

/** Fails unless everything that `expected` tells is so; lists are compared item by item. */
function assertHolds(actual: unknown, expected: unknown, where = "config"): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual) && actual.length === expected.length, `${where} has another length`);
    expected.forEach((item, index) => assertHolds(actual[index], item, `${where}[${index}]`));
  } else if (typeof expected === "object" && expected !== null) {
    assert.ok(typeof actual === "object" && actual !== null, where);
    const known = new Map<string, unknown>(Object.entries(actual));
    for (const [key, value] of Object.entries(expected)) assertHolds(known.get(key), value, `${where}.${key}`);
  } else assert.deepEqual(actual, expected, where);
}

test("docs/configuration.md and the manual pages are what npm run manual writes", () => {
  const compiled = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
  const args = [repositoryPath("scripts/manual.js"), "--check", "--from", compiled];
  assert.doesNotThrow(() => execFileSync(process.execPath, args, { stdio: "pipe" }));
});

test("every example of the manual is read as the manual says", async (t) => {
  const all = examples();
  assert.ok(all.length > 10);
  const dir = await tempDir(t);
  for (const { info, text } of all) if (info !== "ini") await dir.write(info.slice("ini ".length), text);
  for (const { text, then } of all.filter(({ info }) => info === "ini")) {
    const { config, diagnostics } = await loadConfig(await dir.write("circus.ini", text), { environment: ENVIRONMENT });
    const told = diagnostics.map((one) => `${formatDiagnostic(one).replace(`${dir.path}/`, "")}\n`).join("");
    assert.equal(told, then?.info === "text" ? then.text : "", text);
    if (then?.info === "json") assertHolds(config, JSON.parse(then.text));
  }
});

test("mandoc finds nothing to warn of in any manual page", { skip: without("mandoc", "-T", "utf8", "/dev/null") }, () => {
  const pages = readdirSync(repositoryPath("man")).map((name) => repositoryPath("man", name));
  const { stdout, stderr } = spawnSync("mandoc", ["-T", "lint", "-W", "warning", ...pages], { encoding: "utf8" });
  assert.equal(stdout + stderr, "");
});
