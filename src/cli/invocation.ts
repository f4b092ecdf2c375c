/** What a command line asks for: words to a command with its options, before anything is done. */
import { fail, succeed, type Result } from "../core/result.js";
import { joinValues, parseArguments, unrecognized, type ArgumentValue, type Arguments, type OptionSpec } from "./args.js";
import type { Command, Input } from "./command.js";
import { commandNames, isCommandName, loadCommand } from "./commands.js";
import { type LocalName, isLocalName, localNames } from "./local.js";
import { COMMAND_OPTIONS, GLOBAL_OPTIONS } from "./options.js";

type Values = Readonly<Record<string, ArgumentValue>>;

/** `values` are those of the global options that were given. */
export type Invocation =
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly command: Command | null; readonly values: Values }
  | { readonly kind: "shell"; readonly values: Values }
  /** A word that is no command here; the daemon may know it. `failure` is what to say where it does not. */
  | { readonly kind: "added"; readonly name: string; readonly words: readonly string[]; readonly values: Values; readonly failure: string }
  | { readonly kind: "discover"; readonly values: Values }
  /** A command that asks no daemon. */
  | { readonly kind: "local"; readonly name: LocalName; readonly words: readonly string[] }
  | { readonly kind: "localHelp"; readonly name: LocalName }
  | { readonly kind: "run"; readonly command: Command; readonly input: Input; readonly values: Values };

/** Reads a command line; the failure is one line for the user, a mistake of usage. */
export async function readInvocation(argv: readonly string[]): Promise<Result<Invocation, string>> {
  const head = await readHead(argv);
  if (!head.ok) return head;
  const { values, rest } = head.value;
  const [word, ...words] = rest;
  if (word === undefined) return readWithoutCommand(values);
  if (word === "help") return readHelp(words[0], values);
  if (isLocalName(word)) return readLocal(word, words, values);
  if (!isCommandName(word)) {
    const wrong = wrongServers(values);
    return wrong === null ? succeed({ kind: "added", name: word, words, values, failure: await unknownCommand(word) }) : fail(wrong);
  }
  const command = await loadCommand(word);
  const tail = command.words === "command" ? await readForeign(words, command) : await readOwn(words, command);
  if (!tail.ok) return tail;
  const all = joinValues(values, tail.value.values);
  const wrong = (await misplaced(all, optionsOf(command))) ?? wrongServers(all);
  if (wrong !== null) return fail(wrong);
  if (all["version"] === true) return succeed({ kind: "version" });
  if (all["help"] === true) return succeed({ kind: "help", command, values: all });
  if (all["discover"] === true) return fail("argument --discover: not allowed with a command");
  return succeed({ kind: "run", command, input: { words: tail.value.words, values: all }, values: all });
}

/** The options before the command, and the server that is named there as `@SERVER`. */
async function readHead(argv: readonly string[]): Promise<Result<Pick<Arguments, "values" | "rest">, string>> {
  const grammar = { options: [...GLOBAL_OPTIONS, ...Object.values(COMMAND_OPTIONS)], halt: true };
  const head = await parseArguments(argv, grammar);
  if (!head.ok) return head;
  const [word, ...words] = head.value.rest;
  if (word?.startsWith("@") !== true) return head;
  const server = word.slice(1);
  const tail = await readHead(words);
  if (!tail.ok) return tail;
  if (server === "") return fail("@ stands before the name of a server: @NAME");
  if ("server" in head.value.values || "server" in tail.value.values)
    return fail("only one server can be named: --label chooses several, --cluster all");
  return succeed({ values: { ...joinValues(head.value.values, tail.value.values), server }, rest: tail.value.rest });
}

/** Several servers and the one cannot be meant at once. */
function wrongServers({ server, cluster, label }: Values): string | null {
  if (server === undefined || (cluster === undefined && label === undefined)) return null;
  return `argument --${cluster === undefined ? "label" : "cluster"}: not allowed where one server is named`;
}

/** Servers that are named where none can be asked. */
function atServers(values: Values, where: string): string | null {
  const given = ["cluster", "label", "server"].find((name) => name in values);
  return given === undefined ? null : `argument --${given}: not allowed ${where}`;
}

async function readLocal(name: LocalName, words: readonly string[], before: Values): Promise<Result<Invocation, string>> {
  const read = await parseArguments(words, { options: GLOBAL_OPTIONS });
  if (!read.ok) return read;
  const values = joinValues(before, read.value.values);
  const wrong = (await misplaced(values, GLOBAL_OPTIONS)) ?? atServers(values, "with a command that asks no daemon");
  if (wrong !== null) return fail(wrong);
  if (values["version"] === true) return succeed({ kind: "version" });
  if (values["help"] === true) return succeed({ kind: "localHelp", name });
  return succeed({ kind: "local", name, words: [...read.value.words, ...read.value.rest] });
}

async function readWithoutCommand(values: Values): Promise<Result<Invocation, string>> {
  const { server: _one, ...others } = values;
  const discovers = values["discover"] === true;
  const wrong = (await misplaced(values, GLOBAL_OPTIONS)) ?? atServers(discovers ? values : others, "without a command");
  if (wrong !== null) return fail(wrong);
  if (values["version"] === true) return succeed({ kind: "version" });
  if (values["help"] === true) return succeed({ kind: "help", command: null, values });
  return succeed({ kind: discovers ? "discover" : "shell", values });
}

async function readHelp(word: string | undefined, values: Values): Promise<Result<Invocation, string>> {
  if (word === undefined || word === "--help") return readWithoutCommand({ ...values, help: true });
  if (isLocalName(word)) return succeed({ kind: "localHelp", name: word });
  if (isCommandName(word)) return succeed({ kind: "help", command: await loadCommand(word), values });
  return succeed({ kind: "added", name: word, words: ["--help"], values, failure: await unknownCommand(word) });
}

async function unknownCommand(word: string): Promise<string> {
  const { nearest } = await import("../core/options/near.js");
  const near = nearest(word, [...commandNames(), ...localNames()]);
  return `unknown command "${word}"${near === null ? "" : `; did you mean ${near}?`}`;
}

function optionsOf(command: Command): readonly OptionSpec[] {
  return [...GLOBAL_OPTIONS, ...command.options.map((name) => COMMAND_OPTIONS[name])];
}

/** Options of one command that stand before another. */
async function misplaced(values: Values, options: readonly OptionSpec[]): Promise<string | null> {
  const known = new Set(options.map(({ name }) => name));
  const wrong = Object.keys(values).filter((name) => !known.has(name));
  return wrong.length === 0
    ? null
    : unrecognized(
        wrong.map((name) => `--${name}`),
        options,
      );
}

async function readOwn(words: readonly string[], command: Command): Promise<Result<Input, string>> {
  const read = await parseArguments(words, { options: optionsOf(command), loose: command.words === "loose" });
  return read.ok ? succeed({ words: [...read.value.words, ...read.value.rest], values: read.value.values }) : read;
}

/**
 * Reads the words of a command that ends in a foreign command line: `add [--start] <name> <cmd> [<arg>...]`.
 * Among the arguments only the flags of the command itself are taken, as Circus's users write them at the
 * end; after `--` not even these.
 */
async function readForeign(argv: readonly string[], command: Command): Promise<Result<Input, string>> {
  const words: string[] = [];
  let values: Values = {};
  let remaining = argv;
  while (words.length < 2 && remaining.length > 0) {
    const read: Result<Arguments, string> = await parseArguments(remaining, { options: optionsOf(command), halt: true });
    if (!read.ok) return read;
    const { rest } = read.value;
    values = joinValues(values, read.value.values);
    if (remaining[remaining.length - rest.length - 1] === "--") return succeed({ words: [...words, ...rest], values });
    words.push(...rest.slice(0, 1));
    remaining = rest.slice(1);
  }
  const flags = new Set<string>(command.options.filter((name) => COMMAND_OPTIONS[name].kind === "flag"));
  const given = remaining.filter((word) => word.startsWith("--") && flags.has(word.slice(2)));
  return succeed({
    words: [...words, ...remaining.filter((word) => !given.includes(word))],
    values: { ...values, ...Object.fromEntries(given.map((word) => [word.slice(2), true])) },
  });
}
