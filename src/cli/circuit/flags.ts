/**
 * Reads a command line as Circuit's does: a flag has one dash or two (`-d`, `-dial`, `--dial`), its value follows as a word or
 * after `=`. Unlike Circuit's, flags may stand after arguments too. The reader of the other programs is not used here: it knows
 * no long names after one dash, and takes longer to load than a whole `circuit ls`.
 */
import { nearest } from "../../core/options/near.js";
import { fail, succeed, type Result } from "../../core/result.js";

export interface Flag {
  /** Without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Another name. */
  readonly also?: string;
  /** What stands for the value in help texts; null for a flag that takes none. */
  readonly value: string | null;
  readonly help: string;
}

/** What was given, by the names of flags. */
export interface Flags {
  has(name: string): boolean;
  /** The last value; null where it was not given. */
  text(name: string): string | null;
  /** Every value, of a flag that may be given many times. */
  all(name: string): readonly string[];
}

export interface Line {
  readonly flags: Flags;
  readonly words: readonly string[];
  /** What stands after `--`; null without it. */
  readonly rest: readonly string[] | null;
}

/** Negative numbers and the lone dash are words. */
const FLAG = /^--?([^-=\d][^=]*)(?:=([\s\S]*))?$/;

const YES = ["1", "t", "true"];
const NO = ["0", "f", "false"];

/**
 * @returns the failure is one line for the user
 * @example `readLine(["-d", "circuit://127.0.0.1:11022", "/", "-l"], flags)`
 */
export function readLine(argv: readonly string[], known: readonly Flag[]): Result<Line, string> {
  const given = new Map<string, string[]>();
  const words: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    if (word === "--") return succeed({ flags: flagsOf(given), words, rest: argv.slice(at + 1) });
    const [matched, name = "", attached] = FLAG.exec(word) ?? [];
    if (matched === undefined) {
      words.push(word);
      continue;
    }
    const flag = known.find((one) => [one.name, one.short, one.also].includes(name));
    if (flag === undefined) return fail(unknown(word, name, known));
    const next = flag.value === null || attached !== undefined ? undefined : argv[(at += 1)];
    const value = valueOf(flag, attached ?? next);
    if (!value.ok) return value;
    if (value.value === null) given.delete(flag.name);
    else given.set(flag.name, [...(given.get(flag.name) ?? []), value.value]);
  }
  return succeed({ flags: flagsOf(given), words, rest: null });
}

/** The value; null turns the flag off. */
function valueOf({ name, value }: Flag, text: string | undefined): Result<string | null, string> {
  if (value !== null) return text === undefined ? fail(`--${name} wants a value: --${name} ${value}`) : succeed(text);
  if (text === undefined || YES.includes(text)) return succeed("");
  return NO.includes(text) ? succeed(null) : fail(`--${name} takes no value, but was given "${text}"`);
}

function flagsOf(given: ReadonlyMap<string, readonly string[]>): Flags {
  return {
    has: (name) => given.has(name),
    text: (name) => given.get(name)?.at(-1) ?? null,
    all: (name) => given.get(name) ?? [],
  };
}

function unknown(word: string, name: string, known: readonly Flag[]): string {
  const meant = nearest(
    name,
    known.map((flag) => flag.name),
  );
  const hint = meant === null ? "what begins with a dash and is no flag stands after --" : `did you mean --${meant}?`;
  return `there is no flag "${word}"; ${hint}`;
}

/** `-d, --dial ADDRESS`, as it stands in a list. */
export function flagTitle({ name, short, value }: Flag): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === null ? "" : ` ${value}`}`;
}
