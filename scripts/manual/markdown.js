// @ts-check
/** A manual as a page of the repository. */
import { UNSET } from "./facts.js";

/** @typedef {import("./blocks.js").Block} Block */

const NOTE = "<!-- Written by npm run manual from scripts/manual/circus.ini.md and the tables in src/core/options/. -->";

/** Links of the template lead from its own place; the page stands in docs itself. */
const FROM_TEMPLATE = "](../../docs/";

/**
 * @param {readonly Block[]} blocks
 * @returns {string}
 */
export function toMarkdown(blocks) {
  return `${[NOTE, ...blocks.map(one)].join("\n\n").replaceAll(FROM_TEMPLATE, "](")}\n`;
}

/**
 * @param {Block} block
 * @returns {string}
 */
function one(block) {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${block.text}`;
    case "paragraph":
      return block.text;
    case "list":
      return block.items.map((item) => `- ${item}`).join("\n");
    case "code":
      return `\`\`\`${block.info}\n${block.text}\`\`\``;
    case "table":
      return table(block.head, block.rows);
    case "definitions":
      return table(
        ["option", ...block.head, "meaning"],
        block.entries.map(({ term, facts, text }) => {
          const cells = block.head.map((name) => (name === "default" ? quoted(facts[name]) : (facts[name] ?? "")));
          return [`\`${term}\``, ...cells, text.replaceAll("|", "\\|")];
        }),
      );
    case "options":
    case "fact":
      throw new Error("internal: a directive was not filled in");
  }
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A default is what one would write in the file. @param {string | undefined} value */
function quoted(value = UNSET) {
  return value === UNSET ? value : `\`${value}\``;
}
