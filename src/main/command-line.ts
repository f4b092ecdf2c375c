/**
 * Command lines of the programs that Circus has, read and explained as argparse does: long options may be cut short,
 * and what is wrong is told in its words. What the options mean is told by each program's own table.
 */
import { parseArgs } from "node:util";
import { fail, succeed, type Result } from "../core/result.js";

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** How its value is called in the help; null for a switch. */
  readonly value: string | null;
  readonly help: string;
  /** What its manual page says in place of that, in whole sentences, with code in backticks. */
  readonly detail?: string;
}

/** A program as its help tells of it. */
export interface Form {
  readonly program: string;
  readonly description: string;
  /** In the order of the help. */
  readonly options: readonly Option[];
  /** The one argument without a name that it takes, if any. */
  readonly positional?: { readonly name: string; readonly help: string };
}

/** What was written, option by option. */
export interface Arguments {
  has(name: string): boolean;
  /** The value of an option, the last where it was given more than once; null where it was not. */
  value(name: string): string | null;
  /** Every value of an option that may be repeated. */
  values(name: string): readonly string[];
  /** What is wrong with an option that lacks its value; null where none does. */
  readonly incomplete: string | null;
  readonly positionals: readonly string[];
  readonly unknown: readonly string[];
}

const WIDTH = 80;
const HELP_COLUMN = 24;

/** Reads the arguments after the program's name. The failure is an option that is cut too short. */
export function readArguments(options: readonly Option[], args: readonly string[]): Result<Arguments, string> {
  const expanded = expand(options, args);
  if (!expanded.ok) return expanded;
  const known = Object.fromEntries(
    options.map(({ name, short, value }) => [
      name,
      { type: value === null ? ("boolean" as const) : ("string" as const), ...(short === undefined ? {} : { short }) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...expanded.value], options: known, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, (string | null)[]>();
  const positionals: string[] = [];
  const unknown: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    else if (token.kind === "option" && Object.hasOwn(known, token.name))
      given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? null]);
    else if (token.kind === "option") unknown.push(token.rawName);
  }
  const bare = options.find(({ name, value }) => value !== null && (given.get(name)?.includes(null) ?? false));
  return succeed({
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1) ?? null,
    values: (name) => (given.get(name) ?? []).filter((value) => value !== null),
    incomplete: bare === undefined ? null : `argument --${bare.name}: expected one argument`,
    positionals,
    unknown,
  });
}

/** What argparse says of a value that is none of the choices. */
export function invalidChoice(option: string, value: string, choices: readonly string[]): string {
  return `argument --${option}: invalid choice: '${value}' (choose from ${choices.map((choice) => `'${choice}'`).join(", ")})`;
}

/** The short reminder, with its line end. */
export function usageText({ program, options, positional }: Form): string {
  const parts = [...options.map((option) => `[${spelled(option)}]`), ...(positional === undefined ? [] : [`[${positional.name}]`])];
  const lead = `usage: ${program} `;
  return `${lead}${wrap(parts, WIDTH - lead.length).join(`\n${" ".repeat(lead.length)}`)}\n`;
}

/** The whole help, with its line end. */
export function helpText(form: Form): string {
  const { description, options, positional } = form;
  const entries = options.map((option) =>
    entry(option.short === undefined ? spelled(option) : `-${option.short}, ${spelledLong(option)}`, option.help),
  );
  const argument = positional === undefined ? "" : `positional arguments:\n${entry(positional.name, positional.help)}\n\n`;
  return `${usageText(form)}\n${description}\n\n${argument}options:\n${entries.join("\n")}\n`;
}

/** Writes out what was cut short: `--pid` is `--pidfile`; an ambiguous one is a failure. */
function expand(options: readonly Option[], args: readonly string[]): Result<readonly string[], string> {
  const end = args.indexOf("--");
  const expanded: string[] = [];
  for (const [index, arg] of args.entries()) {
    const match = end === -1 || index < end ? /^--([a-z][a-z-]*)(=.*)?$/s.exec(arg) : null;
    const written = match?.[1] ?? "";
    const candidates = options.filter((option) => option.name.startsWith(written));
    const exact = options.some((option) => option.name === written);
    if (match === null || exact || candidates.length === 0) expanded.push(arg);
    else if (candidates.length === 1) expanded.push(`--${candidates[0]?.name ?? ""}${match[2] ?? ""}`);
    else return fail(`ambiguous option: --${written} could match ${candidates.map((option) => `--${option.name}`).join(", ")}`);
  }
  return succeed(expanded);
}

function spelled(option: Option): string {
  return option.short === undefined ? spelledLong(option) : `-${option.short}`;
}

function spelledLong(option: Option): string {
  return option.value === null ? `--${option.name}` : `--${option.name} ${option.value}`;
}

function entry(left: string, help: string): string {
  const lines = wrap(help.split(" "), WIDTH - HELP_COLUMN);
  const indent = " ".repeat(HELP_COLUMN);
  const first = `  ${left}`;
  return first.length < HELP_COLUMN - 1
    ? `${first.padEnd(HELP_COLUMN)}${lines.join(`\n${indent}`)}`
    : [first, ...lines.map((line) => indent + line)].join("\n");
}

function wrap(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
