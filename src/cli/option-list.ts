/** Options and paragraphs as help texts show them. */
import { optionTitle, type OptionSpec } from "./args.js";

const WIDTH = 79;

/** Where the second column of a list begins. */
export const COLUMN = 24;

/** Options as a help text lists them, one or more lines each. */
export function optionLines(options: readonly OptionSpec[]): readonly string[] {
  return options.flatMap((option) => {
    const title = `  ${optionTitle(option)}`;
    const text = wrap(option.help, " ".repeat(COLUMN));
    if (title.length > COLUMN - 2) return [title, ...text];
    const [first, ...others] = text;
    return [title.padEnd(COLUMN) + (first ?? "").trimStart(), ...others];
  });
}

/** Breaks a text into lines of a terminal's width, each behind the indent. */
export function wrap(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line = line.trim() === "" ? indent + word : `${line} ${word}`;
  }
  return [...lines, line];
}
