// @ts-check
/** The options of the programs in their manual pages, out of the tables that `--help` is written from. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { bold, prose } from "./roff.js";

/**
 * @typedef {object} Option
 * @property {string} name
 * @property {string} [short]
 * @property {string | null} [value] what stands for its value in tables of the main room; null for a switch
 * @property {"flag" | "text" | "number"} [kind] tells in tables of the command line's room whether it has a value
 * @property {string} [metavar]
 * @property {string} help
 * @property {string} [detail] what the page says in its place
 */

/** A page names the table and the file that it stands in, in comments around the list. */
const LIST = /^(\.\\" (\w+) of src\/(\S+)\.ts, written by npm run manual:)\n[\s\S]*?^(\.\\" End of \2\.)$/gm;

/** Longer lists of choices are named by what is chosen. */
const LONGEST_VALUE = 20;

/**
 * The page with its lists as the tables have them; null for one that has none.
 * @param {string} file
 * @param {string} compiled the directory of the compiled sources
 * @returns {Promise<string | null>}
 */
export async function withOptions(file, compiled) {
  const text = readFileSync(file, "utf8");
  const item = text.startsWith(".Dd ") ? itemOfMdoc : itemOfMan;
  /** @type {Map<string, string>} */
  const lists = new Map();
  for (const [whole, head = "", name = "", source = "", end = ""] of text.matchAll(LIST)) {
    /** @type {Record<string, readonly Option[] | Readonly<Record<string, Option>> | undefined>} */
    const tables = await import(pathToFileURL(path.join(compiled, `${source}.js`)).href);
    const table = tables[name];
    if (table === undefined) throw new Error(`${file} asks for ${name} of src/${source}.ts, which is not there (any more)`);
    lists.set(whole, [head, ...Object.values(table).flatMap(item), end].join("\n"));
  }
  return lists.size === 0 ? null : text.replace(LIST, (whole) => lists.get(whole) ?? whole);
}

/** @param {Option} option */
function itemOfMan(option) {
  const value = valueOf(option);
  const long = `${bold(`--${option.name}`)}${value === "" ? "" : ` \\fI${value}\\fR`}`;
  return [".TP", option.short === undefined ? long : `${bold(`-${option.short}`)}, ${long}`, ...told(option)];
}

/** @param {Option} option */
function itemOfMdoc(option) {
  const value = valueOf(option);
  const long = `Fl Fl ${option.name}${value === "" ? "" : ` Ar ${value}`}`;
  return [`.It ${option.short === undefined ? "" : `Fl ${option.short} , `}${long}`, ...told(option)];
}

/** @param {Option} option */
function valueOf({ name, value, kind, metavar }) {
  if (value === null || kind === "flag") return "";
  const written = value ?? metavar ?? name.toUpperCase();
  return written.length > LONGEST_VALUE ? (name.split("-").at(-1) ?? name).toUpperCase() : written;
}

/** Whole sentences, with other options in bold. @param {Option} option */
function told({ help, detail }) {
  const text = detail ?? `${/^circus/.test(help) ? help : help.replace(/^./, (first) => first.toUpperCase())}.`;
  return prose(text.replace(/(?<![`\w-])--[a-z][\w-]*/g, "`$&`"));
}
