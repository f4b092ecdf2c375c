// @ts-check
/**
 * Everything that has to hold before a change goes in. The tests hold the architecture, the examples and the documents too.
 *
 *     npm run ok            all of it
 *     npm run ok -- gates   without the tests
 */
import path from "node:path";
import { build, inOrder, install, root, run } from "./steps.js";

/** @type {(name: string, ...args: string[]) => () => Promise<number>} */
const tool = (name, ...args) => {
  return () => run(process.execPath, [path.join(root, "node_modules", name), ...args]);
};

/** @type {(name: string, step: () => Promise<number>) => () => Promise<number>} */
const named = (name, step) => async () => {
  const begun = performance.now();
  const code = await step();
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  return code;
};

const gates = [
  install,
  named("format", tool("prettier/bin/prettier.cjs", "--check", "--log-level=warn", "--cache", ".")),
  named("lint", tool("eslint/bin/eslint.js", "--max-warnings=0", ".")),
  named("types of the scripts", tool("typescript/bin/tsc", "-p", "scripts/tsconfig.json")),
  named("types: the core alone, then all", build),
];
const tests = named("tests, with architecture, examples and documents", () => run(process.execPath, ["scripts/test.js"]));

await inOrder(...gates, ...(process.argv[2] === "gates" ? [] : [tests]));
