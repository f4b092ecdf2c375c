/**
 * Python's RawConfigParser as supervisord uses it, which is another dialect than Circus's: keys in any case, comments
 * also behind `#` and with an indent, and the last value of a key counts.
 */

export interface PythonOption {
  readonly value: string;
  /** Where it stands. */
  readonly file: string;
}

export interface PythonSection {
  readonly name: string;
  /** By their names in lower case, in the order of the files; those of [DEFAULT] included. */
  readonly options: ReadonlyMap<string, PythonOption>;
}

export interface PythonIni {
  readonly sections: readonly PythonSection[];
  /** Lines that are neither section nor option. */
  readonly odd: readonly string[];
}

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

type Open = Map<string, { readonly file: string; readonly lines: string[] }>;

/** Reads files as one: what comes later goes before what came earlier. */
export function parsePythonIni(files: readonly TextFile[]): PythonIni {
  const sections = new Map<string, Open>();
  const odd: string[] = [];
  for (const file of files) readFile(file, sections, odd);
  const defaults = closed(sections.get("DEFAULT") ?? new Map<never, never>());
  sections.delete("DEFAULT");
  const read = [...sections].map(([name, options]) => ({ name, options: new Map([...defaults, ...closed(options)]) }));
  return { sections: read, odd };
}

function readFile({ path, text }: TextFile, sections: Map<string, Open>, odd: string[]): void {
  let section: Open | null = null;
  let lines: string[] | null = null;
  let indent = 0;
  for (const whole of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)) {
    const line = withoutComment(whole);
    if (line.trim() === "") continue;
    const depth = line.length - line.trimStart().length;
    if (lines !== null && depth > indent) {
      lines.push(line.trim());
      continue;
    }
    indent = depth;
    const header = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    const option = /^(.*?)\s*[=:]\s*(.*)$/.exec(line.trim());
    lines = null;
    if (header !== undefined) {
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
    } else if (section === null || option === null || option[1] === "") odd.push(line.trim());
    else {
      lines = [option[2] ?? ""];
      section.set((option[1] ?? "").toLowerCase(), { file: path, lines });
    }
  }
}

/** Both marks begin a comment at the start of a line and behind a blank. */
function withoutComment(line: string): string {
  return line.replace(/(^|\s)[;#].*$/, "");
}

function closed(open: Open): readonly (readonly [string, PythonOption])[] {
  return [...open].map(([key, { file, lines }]) => [key, { file, value: lines.join("\n").trim() }]);
}
