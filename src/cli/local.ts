/** Commands that ask no daemon: what they are for, and their manual. */
import type { LocalWord } from "../core/console-words.js";
import { COLUMN, wrap } from "./option-list.js";
import type { World } from "./world.js";

export interface LocalCommand {
  /** As the list of commands shows it. */
  readonly summary: string;
  readonly operands: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly examples: readonly string[];
  /** @returns the exit code */
  run(words: readonly string[], world: World): Promise<number>;
}

export const LOCAL_COMMANDS = {
  import: {
    summary: "Translate the files of supervisord or PM2",
    operands: "<file>",
    about: [
      "Translates a supervisord.conf with the files that it includes, or an ecosystem file of PM2: .config.js, .config.cjs, .config.mjs, .json, .yml. The circus.ini goes to standard output; no daemon is asked.",
      'What has no counterpart, or means something else here, stands in it as a comment with what to do: lines with "#" tell it, lines with ";" can be put to use by taking that away.',
      "A file of JavaScript is run, as PM2 runs it.",
    ],
    examples: ["circusctl import /etc/supervisor/supervisord.conf > circus.ini", "circusctl import ecosystem.config.js"],
    run: async (words, world) => (await import("./import.js")).importFile(words, world),
  },
} as const satisfies Readonly<Record<LocalWord, LocalCommand>>;

export type LocalName = keyof typeof LOCAL_COMMANDS;

export function isLocalName(word: string): word is LocalName {
  return Object.hasOwn(LOCAL_COMMANDS, word);
}

/** Sorted. */
export function localNames(): readonly LocalName[] {
  return Object.keys(LOCAL_COMMANDS).filter(isLocalName).sort();
}

/** `circusctl import <file>`. */
export function localSynopsis(name: LocalName): string {
  return `circusctl ${name} ${LOCAL_COMMANDS[name].operands}`;
}

/** What `circusctl help COMMAND` prints of one. */
export function localHelp(name: LocalName): string {
  const { summary, about, examples } = LOCAL_COMMANDS[name];
  return [
    summary,
    "=".repeat(summary.length),
    "",
    `usage: ${localSynopsis(name)}`,
    "",
    ...about.flatMap((paragraph) => [...wrap(paragraph, ""), ""]),
    "Examples",
    "--------",
    ...examples.map((example) => `  $ ${example}`),
  ].join("\n");
}

/** Each with its summary, one a line, as the list of commands has them. */
export function localList(): readonly string[] {
  return localNames().map((name) => `  ${name.padEnd(COLUMN - 4)}  ${LOCAL_COMMANDS[name].summary}`);
}
