// @ts-check
/**
 * Writes the manual of circus.ini, docs/configuration.md and man/circus.ini.5, from scripts/manual/circus.ini.md
 * and the option tables, so that names, kinds and defaults stand in one place.
 *
 *     npm run manual                         builds, then writes both
 *     npm run manual -- --from DIRECTORY     writes both from what was compiled there
 *     node scripts/manual.js --check         says which is stale, and exits with 1; --from goes here too
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { parseBlocks } from "./manual/blocks.js";
import { fillIn } from "./manual/facts.js";
import { toMarkdown } from "./manual/markdown.js";
import { toRoff } from "./manual/roff.js";
import { build, inOrder, install, root } from "./steps.js";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false }, from: { type: "string" } } });
const compiled = path.resolve(values.from ?? path.join(root, "dist"), "src", "core");

if (!values.check && values.from === undefined) await inOrder(install, build);
const blocks = fillIn(
  parseBlocks(readFileSync(path.join(root, "scripts", "manual", "circus.ini.md"), "utf8")),
  await import(path.join(compiled, "options.js")),
  await import(path.join(compiled, "spec.js")),
);
const pages = { "docs/configuration.md": toMarkdown(blocks), "man/circus.ini.5": toRoff(blocks) };

for (const [name, text] of Object.entries(pages)) {
  const file = path.join(root, name);
  if (!values.check) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${name} does not say what the option tables say: run npm run manual`);
    process.exitCode = 1;
  }
}
