// @ts-check
/**
 * Writes the manual of circus.ini, docs/configuration.md and man/circus.ini.5, from scripts/manual/circus.ini.md
 * and the option tables, so that names, kinds and defaults stand in one place; man/circus-protocol.7 from
 * docs/protocol.md; and the options in the pages of the programs from the tables of their --help.
 *
 *     npm run manual                         builds, then writes all
 *     npm run manual -- --from DIRECTORY     writes all from what was compiled there
 *     node scripts/manual.js --check         says which is stale, and exits with 1; --from goes here too
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { parseBlocks } from "./manual/blocks.js";
import { fillIn } from "./manual/facts.js";
import { toMarkdown } from "./manual/markdown.js";
import { withOptions } from "./manual/programs.js";
import { toRoff } from "./manual/roff.js";
import { build, inOrder, install, root } from "./steps.js";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false }, from: { type: "string" } } });
const compiled = path.resolve(values.from ?? path.join(root, "dist"), "src");

if (!values.check && values.from === undefined) await inOrder(install, build);
const blocks = fillIn(
  parseBlocks(readFileSync(path.join(root, "scripts", "manual", "circus.ini.md"), "utf8")),
  await import(path.join(compiled, "core", "options.js")),
  await import(path.join(compiled, "core", "spec.js")),
);
const protocol = parseBlocks(readFileSync(path.join(root, "docs", "protocol.md"), "utf8"), { wrapped: true });
/** @type {Record<string, string>} */
const pages = {
  "docs/configuration.md": toMarkdown(blocks),
  "man/circus.ini.5": toRoff(blocks, {
    name: "circus.ini",
    section: 5,
    about: "configuration of circusd",
    sources: "scripts/manual/circus.ini.md and the tables in src/core/options/",
    seeAlso: ["circusctl(1)", "circusd(1)"],
  }),
  "man/circus-protocol.7": toRoff(protocol, {
    name: "circus-protocol",
    section: 7,
    about: "how programs talk to circusd",
    sources: "docs/protocol.md",
    seeAlso: ["circus-plugin(1)", "circusctl(1)", "circusd(1)", "circusd-stats(1)", "circus.ini(5)"],
    labels: true,
  }),
};

for (const name of readdirSync(path.join(root, "man")).filter((each) => each.endsWith(".1"))) {
  const text = await withOptions(path.join(root, "man", name), compiled);
  if (text !== null) pages[`man/${name}`] = text;
}

for (const [name, text] of Object.entries(pages)) {
  const file = path.join(root, name);
  if (!values.check) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${name} does not say what it is written from: run npm run manual`);
    process.exitCode = 1;
  }
}
