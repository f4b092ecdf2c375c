// @ts-check
/** A manual as a page for man(1), in man(7)'s macros. */
import { UNSET } from "./facts.js";

/**
 * @typedef {import("./blocks.js").Block} Block
 *
 * @typedef {{ name: string, section: number, about: string, sources: string, seeAlso: readonly string[], labels?: boolean }} Page
 * `sources` tells what it is written from; `labels` puts the head of a table before each cell.
 */

/** Of the last change to the template that is worth telling. */
const DATE = "2026-11-21";

/** Source lines are broken here, as mandoc's linter wants it. */
const WIDTH = 78;

/** How the sections of a manual page are called for which others have a name. */
const SECTIONS = new Map([["Example", "EXAMPLES"]]);

/**
 * The first heading and paragraph become NAME and DESCRIPTION.
 * @param {readonly Block[]} blocks
 * @param {Page} page
 * @returns {string}
 */
export function toRoff(blocks, { name, section, about, sources, seeAlso, labels = false }) {
  const body = blocks.slice(1).flatMap((block, index) => one(labels ? labelled(block) : block, blocks[index]));
  const lines = [
    `.\\" Written by npm run manual from ${sources}.`,
    `.TH ${name.toUpperCase()} ${section} ${DATE} circusd "Circus for Node"`,
    ".SH NAME",
    `${name.replaceAll("-", "\\-")} \\- ${about}`,
    ".SH DESCRIPTION",
    ...body,
    ".SH SEE ALSO",
    ...seeAlso.map((other, index) => `.BR ${other.replace("(", " (")}${index === seeAlso.length - 1 ? "" : ","}`),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * Rows of wide tables say what each cell is, and leave empty ones out.
 * @param {Block} block
 * @returns {Block}
 */
function labelled(block) {
  if (block.kind !== "table" || block.head.length < 3) return block;
  const rows = block.rows.map(([term = "", ...cells]) => {
    const told = cells.flatMap((cell, index) => (cell === "" ? [] : [`${block.head[index + 1]}: ${cell}`]));
    return [term, told.length === 0 ? "Nothing" : told.join("; ")];
  });
  return { ...block, rows };
}

/**
 * @param {Block} block
 * @param {Block | undefined} before
 * @returns {string[]}
 */
function one(block, before) {
  const first = before === undefined || before.kind === "heading";
  switch (block.kind) {
    case "heading":
      return [`${block.level === 2 ? ".SH" : ".SS"} ${heading(block)}`];
    case "paragraph":
      return [...(first ? [] : [".PP"]), ...prose(block.text)];
    case "list":
      return block.items.flatMap((item) => [".IP \\(bu 2", ...prose(item)]);
    case "code":
      return [...(first ? [] : [".PP"]), ".in +4n", ".nf", ...block.text.trimEnd().split("\n").map(literal), ".fi", ".in"];
    case "table":
      return block.rows.flatMap(([term = "", ...cells]) => [".TP", ...prose(term), ...prose(sentences(cells))]);
    case "definitions":
      return block.entries.flatMap(({ term, facts, text }) => [".TP", `${bold(term)} (${escaped(properties(facts))})`, ...prose(text)]);
    case "options":
    case "fact":
      throw new Error("internal: a directive was not filled in");
  }
}

/** @param {Record<string, string>} facts */
function properties({ value, default: given, set }) {
  const shown = given === UNSET ? "" : `; default ${given}`;
  return `${value}${shown}${set === undefined ? "" : `; set: ${set}`}`;
}

/** The cells of a row after its first, as text that ends like a sentence. @param {readonly string[]} cells */
function sentences(cells) {
  return `${cells.map((cell) => cell.replace(/\.$/, "")).join("; ")}.`;
}

/** Sections are in capitals, as in every manual page, but for those that bear the name of a section of the file. */
function heading(/** @type {Block & { kind: "heading" }} */ { level, text }) {
  const name = SECTIONS.get(text) ?? (level === 2 && !text.startsWith("[") ? text.toUpperCase() : text);
  return /\s/.test(name) ? `"${inline(name)}"` : inline(name);
}

/**
 * Lines of running text: a new sentence begins a new line.
 * @param {string} text
 * @returns {string[]}
 */
export function prose(text) {
  return text.split(/(?<=[.:?]\)?) (?=[A-Z`$])/).flatMap((sentence) => wrap(inline(sentence)));
}

/** @param {string} text */
function wrap(text) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map(guarded);
}

/** Code in bold, what is bold in italics, links as their text. @param {string} text */
function inline(text) {
  const plain = text.replace(/\[([^\]`]+)\]\([^)]+\)/g, "$1");
  return plain.replace(/`([^`]+)`|([^`]+)/g, (_, code, rest) =>
    code === undefined ? escaped(rest).replace(/\*\*([^*]+)\*\*/g, "\\fI$1\\fR") : bold(code),
  );
}

/** @param {string} text */
export function bold(text) {
  return `\\fB${escaped(text).replaceAll("-", "\\-")}\\fR`;
}

/** @param {string} line */
function literal(line) {
  return guarded(escaped(line).replaceAll("-", "\\-"));
}

/** What is not ASCII is written by its number: groff by itself reads nothing else. @param {string} text */
function escaped(text) {
  return text.replaceAll("\\", "\\e").replace(/[^\0-\x7f]/gu, (sign) => `\\[u${codeOf(sign)}]`);
}

/** @param {string} sign */
function codeOf(sign) {
  return (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

/** A line must not begin like a request. @param {string} line */
function guarded(line) {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
