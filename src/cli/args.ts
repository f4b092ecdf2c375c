/**
 * Reads a command line against a list of options, for every program here. It knows nothing of any one
 * program; messages read as Python's argparse writes them, because that is what scripts were tried with.
 */
import { fail, succeed, type Result } from "../core/result.js";

export interface OptionSpec {
  /** Without the dashes: `log-level`, `ssh_keyfile`. */
  readonly name: string;
  /** One letter, used after one dash. */
  readonly short?: string;
  /** `flag` takes no value; `number` is a decimal number. */
  readonly kind: "flag" | "text" | "number";
  /** What stands for the value in help texts; the name in capitals when left out. */
  readonly metavar?: string;
  readonly choices?: readonly string[];
  /** May be given several times: its value is the list of them all. */
  readonly repeats?: true;
  readonly help: string;
  /** What its manual page says in place of that, in whole sentences, with code in backticks. */
  readonly detail?: string;
}

export type ArgumentValue = string | number | boolean | readonly string[];

export interface Arguments {
  /** Only what was given; of an option given twice the last, unless it may be repeated. */
  readonly values: Readonly<Record<string, ArgumentValue>>;
  /** What is no option, in order. */
  readonly words: readonly string[];
  /** What stands after `--`, or after the first word where the parser was told to halt there. */
  readonly rest: readonly string[];
}

export interface Grammar {
  readonly options: readonly OptionSpec[];
  /** Read no further than the first word: it and all after it are in `rest`. */
  readonly halt?: boolean;
  /** Words that look like options but are none count as words; otherwise they are a mistake. */
  readonly loose?: boolean;
}

/** Numbers and the lone dash are words. */
const LOOKS_LIKE_OPTION = /^-(?!\d*\.?\d+$)[^\s]/;

/**
 * Reads words such as `["--timeout", "2.5", "list", "web"]`.
 *
 * yargs takes longer to load than Node itself takes to start, so it is not loaded where no word begins with
 * a dash: then there is nothing to read, every word is a word.
 * @returns the failure is one line for the user, without the name of the program.
 */
export async function parseArguments(argv: readonly string[], grammar: Grammar): Promise<Result<Arguments, string>> {
  if (grammar.halt && argv[0] !== undefined && !argv[0].startsWith("-")) return succeed({ values: {}, words: [], rest: argv });
  if (!argv.some((word) => word.startsWith("-"))) return succeed({ values: {}, words: argv, rest: [] });
  return parseWithYargs(argv, grammar);
}

async function parseWithYargs(argv: readonly string[], grammar: Grammar): Promise<Result<Arguments, string>> {
  const { default: yargs } = await import("yargs");
  let mistake: string | null = null;
  const parsed: unknown = yargs([])
    .help(false)
    .version(false)
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "duplicate-arguments-array": true,
      "halt-at-non-option": grammar.halt ?? false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "populate--": true,
      "unknown-options-as-args": true,
    })
    .options(Object.fromEntries(grammar.options.map((option) => [option.name, yargsOption(option)])))
    .exitProcess(false)
    .detectLocale(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: Error | undefined) => {
      mistake ??= message ?? error?.message ?? "arguments that cannot be read";
    })
    .parse([...argv]);
  if (mistake !== null) return fail(argparseMessage(mistake));
  return collect(new Map<string, unknown>(Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {})), grammar);
}

/** Flags have no value, else `--start true` would swallow the word `true`. */
function yargsOption(option: OptionSpec): { readonly type: "boolean" | "string"; readonly nargs: number; readonly alias: string[] } {
  const alias = option.short === undefined ? [] : [option.short];
  return option.kind === "flag" ? { type: "boolean", nargs: 0, alias } : { type: "string", nargs: 1, alias };
}

function argparseMessage(mistake: string): string {
  const missing = /^Not enough arguments following: (.*)$/.exec(mistake);
  if (missing) return `argument --${missing[1] ?? ""}: expected one argument`;
  const surplus = /^Argument unexpected for: (.*)$/.exec(mistake);
  if (surplus) return `argument --${surplus[1] ?? ""}: ignored explicit argument`;
  return mistake;
}

async function collect(parsed: ReadonlyMap<string, unknown>, grammar: Grammar): Promise<Result<Arguments, string>> {
  const words = strings(parsed.get("_"));
  const known = new Set([...grammar.options.flatMap(({ name, short }) => (short === undefined ? [name] : [name, short])), "_", "--", "$0"]);
  const unknown = [
    ...[...parsed.keys()].filter((key) => !known.has(key)).map((key) => `--${key}`),
    ...(grammar.loose ? [] : words.filter((word) => LOOKS_LIKE_OPTION.test(word))),
  ];
  if (unknown.length > 0) return fail(await unrecognized(unknown, grammar.options));
  const values: Record<string, ArgumentValue> = {};
  for (const option of grammar.options) {
    const given = parsed.get(option.name);
    if (given === undefined) continue;
    const all: readonly unknown[] = Array.isArray(given) ? given : [given];
    const value: Result<ArgumentValue, string> = option.repeats === true ? succeed(all.map(String)) : readValue(option, all.at(-1));
    if (!value.ok) return value;
    values[option.name] = value.value;
  }
  return succeed({ values, words, rest: strings(parsed.get("--")) });
}

function readValue(option: OptionSpec, given: unknown): Result<ArgumentValue, string> {
  if (option.kind === "flag") return succeed(given === true);
  const text = String(given);
  if (option.kind === "number") {
    const number = Number(text);
    return text.trim() === "" || !Number.isFinite(number) ? fail(`argument --${option.name}: invalid number "${text}"`) : succeed(number);
  }
  if (option.choices && !option.choices.includes(text)) {
    return fail(`argument --${option.name}: invalid choice: "${text}" (choose from ${option.choices.join(", ")})`);
  }
  return succeed(text);
}

/** The values of two parts of one line: the later ones count, and what may be repeated is joined. */
export function joinValues(before: Arguments["values"], after: Arguments["values"]): Arguments["values"] {
  const joined: Record<string, ArgumentValue> = { ...before };
  for (const [name, value] of Object.entries(after)) {
    const first = before[name];
    joined[name] = typeof first === "object" && typeof value === "object" ? [...first, ...value] : value;
  }
  return joined;
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** What to tell of words that are no option of the program, with the option that may have been meant. */
export async function unrecognized(words: readonly string[], options: readonly OptionSpec[]): Promise<string> {
  const { nearest } = await import("../core/options/near.js");
  const names = options.map((option) => `--${option.name}`);
  const meant = words.map((word) => nearest(word.split("=")[0] ?? word, names)).find((name) => name !== null);
  return `unrecognized arguments: ${words.join(" ")}${meant === undefined ? "" : `; did you mean ${meant}?`}`;
}

/** `--timeout TIMEOUT`, as it stands in a list of options. */
export function optionTitle(option: OptionSpec): string {
  const short = option.short === undefined ? "" : `-${option.short}, `;
  if (option.kind === "flag") return `${short}--${option.name}`;
  return `${short}--${option.name} ${option.metavar ?? option.name.toUpperCase().replaceAll("-", "_")}`;
}
