// @ts-check
/**
 * Installs, builds and runs the tests: all, or those whose path holds one of the given words.
 *
 *     npm test
 *     npm test -- unit/core stream
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { build, inOrder, install, root, run } from "./steps.js";

/** Most tests wait for processes rather than compute, so one more than there are cores keeps all of them busy. */
const CONCURRENCY = availableParallelism() + 1;

/** Milliseconds after which a test that hangs counts as failed. */
const LIMIT = 180_000;

const words = process.argv.slice(2);

async function test() {
  const compiled = path.join(root, "dist", "test");
  const files = readdirSync(compiled, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.js") && (words.length === 0 || words.some((word) => name.includes(word))))
    .sort()
    .map((name) => path.join("dist", "test", name));
  if (files.length === 0) {
    console.error(`Cannot run tests: none has ${words.map((word) => `"${word}"`).join(" or ")} in its path`);
    return 1;
  }
  const options = ["--enable-source-maps", "--test", `--test-concurrency=${CONCURRENCY}`, `--test-timeout=${LIMIT}`, ...reporters()];
  // A test runs in a process of its own, which sees this program's environment: the outer runner's mark would confuse it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return run(process.execPath, [...options, ...files], { env: { ...env, CIRCUSD_ROOT: root } });
}

/** Node's own report; beside it, for the matrix, a list of what failed. */
function reporters() {
  const list = process.env["CIRCUSD_FAILURES"];
  const own = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  return list === undefined ? own : [...own, "--test-reporter=./scripts/failures-reporter.js", `--test-reporter-destination=${list}`];
}

await inOrder(install, build, test);
