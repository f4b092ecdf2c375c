/** What one command of circusctl is made of: words to request, reply to text, and its manual. */
import { fail, succeed, type Result } from "../core/result.js";
import type { CommandName, Commands } from "../wire/contract.js";
import { refusalOf, type Reply } from "../wire/reply.js";
import type { ArgumentValue } from "./args.js";
import type { CommandOption } from "./options.js";
import type { Style } from "./terminal.js";

/** The words after the command's name, and its options. */
export interface Input {
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, ArgumentValue>>;
}

export interface Manual {
  /** After the command's name: `<name> [<pid>]`; options are added by themselves. */
  readonly operands: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  /** Requests as they go over the wire. */
  readonly requests: readonly object[];
  /** What the reply carries, in one sentence or two. */
  readonly reply: string;
  readonly examples: readonly string[];
}

export interface Command<C extends CommandName = CommandName> {
  readonly name: C;
  readonly options: readonly CommandOption[];
  /**
   * How words that look like options are taken. `strict`: they are a mistake. `loose`: unknown ones are words.
   * `command`: from the third word on all belongs to another program's command line.
   */
  readonly words: "strict" | "loose" | "command";
  readonly manual: Manual;
  /** The properties to send; the failure is a text for the user. */
  request(input: Input): Result<Commands[C]["properties"], string>;
  /** The text of a reply that is no refusal, without its last line break. */
  render(reply: Reply, style: Style): string;
  /** The text of a refusal where it is not the usual one. */
  renderRefusal?(reason: string): string;
}

/** What most commands print: nothing but that it went well. */
export function renderOk(): string {
  return "ok";
}

/** The text of a refusal, or null where the reply is none. */
export function renderRefusal(command: Pick<Command, "renderRefusal">, reply: Reply): string | null {
  const refusal = refusalOf(reply);
  if (refusal === null) return null;
  return command.renderRefusal ? command.renderRefusal(refusal.reason) : `error: ${refusal.reason}`;
}

export const WRONG_COUNT = "Invalid number of arguments";

/** Takes an optional watcher name and nothing else. */
export function optionalName(words: readonly string[], complaint: string): Result<{ readonly name?: string }, string> {
  const [name, ...others] = words;
  if (others.length > 0) return fail(complaint);
  return succeed(name === undefined ? {} : { name });
}

/** Reads a whole number. @param what names it in the message: `process id`. */
export function wholeNumber(text: string, what: string): Result<number, string> {
  return /^[+-]?\d+$/.test(text) ? succeed(Number(text)) : fail(`Cannot read the ${what} "${text}": it must be a whole number`);
}

/** Whether a flag was given. */
export function flag(input: Input, name: CommandOption): boolean {
  return input.values[name] === true;
}

/** `waiting` and `match`, as start, stop and restart send them. */
export function matching(input: Input): { readonly waiting: boolean; readonly match: "glob" | "simple" | "regex" } {
  const match = input.values["match"];
  return { waiting: flag(input, "waiting"), match: match === "simple" || match === "regex" ? match : "glob" };
}
