/** A circus.ini in the making: sections of options, and beside them notes on what could not be taken over as it was. */

type Line =
  | { readonly kind: "option"; readonly key: string; readonly value: string }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "offer"; readonly text: string };

const WIDTH = 110;

export class SectionDraft {
  readonly #lines: Line[] = [];

  /** @param quiet drops notes: the section is one of several alike, of which the first tells them */
  constructor(
    readonly name: string,
    private readonly quiet = false,
  ) {}

  /** What follows the colon: the name of a watcher, a plugin or a socket. */
  get subject(): string {
    return this.name.slice(this.name.indexOf(":") + 1);
  }

  /** An option; what an INI file cannot hold becomes a note. */
  set(key: string, value: string | number | boolean): void {
    const text = typeof value === "boolean" ? (value ? "True" : "False") : String(value);
    if (isWritable(text)) this.#lines.push({ kind: "option", key, value: text });
    else this.note(`${key}: "${text}" cannot be written as a value of an INI file, in which a blank and a semicolon begin a comment`);
  }

  /** The command line: its quotes are arranged so that nothing in it begins a comment. */
  setCommand(command: string): void {
    this.#lines.push({ kind: "option", key: "cmd", value: protectSemicolon(command) });
  }

  /** What is different here, and what to do. */
  note(text: string): void {
    if (!this.quiet) this.#lines.push({ kind: "note", text });
  }

  /** A line that the reader may take as it is. */
  offer(text: string): void {
    if (!this.quiet) this.#lines.push({ kind: "offer", text });
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  get notes(): number {
    return this.#lines.filter(({ kind }) => kind === "note").length;
  }

  has(key: string): boolean {
    return this.#lines.some((line) => line.kind === "option" && line.key === key);
  }

  render(): string {
    return [`[${this.name}]`, ...this.#lines.flatMap(renderLine)].join("\n");
  }
}

/** A translated configuration. */
export interface Translation {
  /** The text of a circus.ini. */
  readonly ini: string;
  /** How many notes stand in it. */
  readonly notes: number;
}

export class Draft {
  readonly #notes: string[] = [];
  readonly #sections: (SectionDraft | { readonly remarks: readonly string[] })[] = [];

  /** The section of that name, which is made where there is none. */
  section(name: string, quiet = false): SectionDraft {
    const known = this.#sections.find((one): one is SectionDraft => one instanceof SectionDraft && one.name === name);
    if (known !== undefined) return known;
    const section = new SectionDraft(name, quiet);
    this.#sections.push(section);
    return section;
  }

  /** Something about the whole file. */
  note(text: string): void {
    this.#notes.push(text);
  }

  /** What stands in place of a section that has no counterpart. */
  remark(...remarks: readonly string[]): void {
    this.#sections.push({ remarks });
  }

  /** @param source the file that was translated, as the user named it */
  finish(source: string): Translation {
    const head = [
      `# Written by "circusctl import ${source}".`,
      '# Lines with "#" tell what is different here; those with ";" do nothing until you take it away, as the line above them says.',
      ...this.#notes.flatMap(noteLines),
    ];
    const sections = this.#sections.flatMap((one) => {
      if (one instanceof SectionDraft) return one.isEmpty ? [] : [one.render()];
      return [one.remarks.flatMap((remark) => (remark.startsWith("; ") ? [remark] : noteLines(remark))).join("\n")];
    });
    const notes = this.#sections.map((one) => (one instanceof SectionDraft ? one.notes : 1)).reduce((sum, count) => sum + count, 0);
    return { ini: `${[head.join("\n"), ...sections].join("\n\n")}\n`, notes: this.#notes.length + notes };
  }
}

/** Whether the INI reader gives back the value as it is. */
export function isWritable(value: string): boolean {
  return !/[\r\n\0]/.test(value) && !/^[^;]*\s;/.test(value) && !value.startsWith(";") && value.trim() === value;
}

/** Whether that holds for a variable in an [env] section, where `$NAME` has a meaning. */
export function isWritableVariable(name: string, value: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !/^rem$/i.test(name) && isWritable(value) && value !== '""' && !/\$[A-Z]/.test(value);
}

/** Puts empty quotes before a semicolon that would begin a comment: words stay what they are. Only the first one is looked at. */
function protectSemicolon(command: string): string {
  const text = command
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n  ");
  const at = text.indexOf(";");
  if (at === -1 || (at > 0 && !/\s/.test(text.charAt(at - 1)))) return text;
  const quote = openQuote(text.slice(0, at)) ?? '"';
  return `${text.slice(0, at)}${quote}${quote}${text.slice(at)}`;
}

/** The quotation mark that is not closed at the end of a text, by the rules of a shell. */
function openQuote(text: string): string | null {
  let open: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (letter === "\\" && open !== "'") at += 1;
    else if (open === letter) open = null;
    else if (open === null && (letter === "'" || letter === '"')) open = letter;
  }
  return open;
}

function renderLine(line: Line): readonly string[] {
  switch (line.kind) {
    case "option":
      return [`${line.key} = ${line.value === "" ? '""' : line.value}`];
    case "note":
      return noteLines(line.text);
    case "offer":
      return [`; ${line.text}`];
  }
}

/** A note as comment lines; further lines are indented, so that one sees where the next begins. */
function noteLines(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(/\s+/)) {
    if (line.length + 1 + word.length > WIDTH && line.length > 4) {
      lines.push(line);
      line = "#  ";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
