// @ts-check
/** The options of the programs, and the commands of circusctl, in their manual pages: out of the tables that `--help` is written from. */
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
 *
 * @typedef {{ load: () => Promise<{ command: import("../../src/cli/command.js").Command }> }} Command
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
    const table = (await load(compiled, source))[name];
    if (table === undefined) throw new Error(`${file} asks for ${name} of src/${source}.ts, which is not there (any more)`);
    const { synopsis } = await load(compiled, "cli/help");
    /** @type {(Option | Command)[]} */
    const entries = Object.values(table);
    const items = entries.map(async (entry) => ("load" in entry ? itemOfCommand((await entry.load()).command, synopsis) : item(entry)));
    lists.set(whole, [head, ...(await Promise.all(items)).flat(), end].join("\n"));
  }
  return lists.size === 0 ? null : text.replace(LIST, (whole) => lists.get(whole) ?? whole);
}

/** @type {(compiled: string, source: string) => Promise<any>} */
function load(compiled, source) {
  return import(pathToFileURL(path.join(compiled, `${source}.js`)).href);
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

/**
 * @param {import("../../src/cli/command.js").Command} command
 * @param {(command: import("../../src/cli/command.js").Command) => string} synopsis
 */
function itemOfCommand(command, synopsis) {
  const words = synopsis(command).split(" ").slice(2).flatMap(macros);
  const [first = "", ...others] = command.manual.about;
  return [[".It Cm", command.name, ...words].join(" "), ...sentences(first), ...others.flatMap((text) => [".Pp", ...sentences(text)])];
}

/** A word of a synopsis, such as `[<pid>...]`, in mdoc's macros. @param {string} word */
function macros(word) {
  const [, open = "", name = "", more = "", close = ""] = /^(\[?)(.*?)(\.\.\.)?(\]?)$/.exec(word) ?? [];
  const option = /^--?([\w-]+)(,?)$/.exec(name);
  const dashes = name.startsWith("--") ? ["Fl", "Fl"] : ["Fl"];
  const spelled = option === null ? ["Ar", name.replace(/^<(.*)>$/, "$1")] : [...dashes, option[1] ?? "", option[2] ?? ""];
  return [open && "Oo", ...spelled, more, close && "Oc"].filter((part) => part !== "");
}

/** @param {Option} option */
function valueOf({ name, value, kind, metavar }) {
  if (value === null || kind === "flag") return "";
  const written = value ?? metavar ?? name.toUpperCase();
  return written.length > LONGEST_VALUE ? (name.split("-").at(-1) ?? name).toUpperCase() : written;
}

/** @param {Option} option */
function told({ help, detail }) {
  const text = detail ?? `${/^circus/.test(help) ? help : help.replace(/^./, (first) => first.toUpperCase())}.`;
  return sentences(text);
}

/** Other options are in bold. @param {string} text */
function sentences(text) {
  return prose(text.replace(/(?<![`\w-])--[a-z][\w-]*/g, "`$&`"));
}
