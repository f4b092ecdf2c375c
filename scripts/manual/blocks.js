// @ts-check
/** The parts of a manual, and how they are read from the little Markdown that its template is written in. */

/**
 * @typedef {{ kind: "heading", level: number, text: string }
 *   | { kind: "paragraph", text: string }
 *   | { kind: "list", items: string[] }
 *   | { kind: "code", info: string, text: string }
 *   | { kind: "table", head: string[], rows: string[][] }
 *   | { kind: "options", table: string, names: string[] }
 *   | { kind: "fact", name: string }
 *   | { kind: "definitions", head: string[], entries: Definition[] }} Block
 *
 * @typedef {{ term: string, facts: Record<string, string>, text: string }} Definition
 * An option: `facts` are its short properties, such as its kind and default.
 */

/** The directive in the place of which the rows of a table are put. */
const OPTIONS = /^<!-- options (\w+): (.*) -->$/;
const FACT = /^<!-- (\w+) -->$/;

/**
 * Reads a template: list items and cells are one line each, and paragraphs too unless they may be wrapped.
 * @param {string} text
 * @param {{ wrapped?: boolean }} [form]
 * @returns {Block[]}
 */
export function parseBlocks(text, { wrapped = false } = {}) {
  const chunks = [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$|^(?:(?!```).+\n)+/gm)];
  return chunks.map(([chunk, info, code]) =>
    code === undefined ? parseProse(chunk.trimEnd(), wrapped) : { kind: "code", info: info ?? "", text: code },
  );
}

/**
 * @param {string} chunk
 * @param {boolean} wrapped
 * @returns {Block}
 */
function parseProse(chunk, wrapped) {
  const [, marks, heading] = /^(#+) (.*)$/.exec(chunk) ?? [];
  if (marks !== undefined && heading !== undefined) return { kind: "heading", level: marks.length, text: heading };
  const [, table, names] = OPTIONS.exec(chunk) ?? [];
  if (table !== undefined && names !== undefined) return { kind: "options", table, names: names.split(" ") };
  const [, fact] = FACT.exec(chunk) ?? [];
  if (fact !== undefined) return { kind: "fact", name: fact };
  const lines = chunk.split("\n");
  if (lines.every((line) => line.startsWith("- "))) return { kind: "list", items: lines.map((line) => line.slice(2)) };
  if (!chunk.startsWith("|")) {
    if (lines.length > 1 && !wrapped) throw new Error(`A paragraph of the template is one line: ${chunk}`);
    return { kind: "paragraph", text: lines.join(" ") };
  }
  const [head = [], , ...rows] = lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  return { kind: "table", head, rows };
}
