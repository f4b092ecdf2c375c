/** How text is dressed: plain for a pipe, aligned and coloured for a person at a terminal. */

export type Colour = "red" | "green" | "yellow" | "blue" | "cyan" | "dim" | "bold";

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
};

export interface Style {
  /** Columns are aligned, for eyes; otherwise the text is Circus's to the byte, for scripts. */
  readonly aligned: boolean;
  readonly paint: (colour: Colour, text: string) => string;
}

/** No colour, no alignment: what a script reads. */
export const PLAIN: Style = { aligned: false, paint: (_colour, text) => text };

/**
 * The style for a stream. Colour is for terminals; NO_COLOR (https://no-color.org) and `TERM=dumb` turn it
 * off, FORCE_COLOR (unless `0`) turns it on everywhere.
 */
export function styleOf(stream: { readonly isTTY?: boolean | undefined }, env: Readonly<Record<string, string | undefined>>): Style {
  const aligned = stream.isTTY === true;
  return { aligned, paint: wantsColour(aligned, env) ? paint : PLAIN.paint };
}

function wantsColour(terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  return terminal && env["TERM"] !== "dumb";
}

function paint(colour: Colour, text: string): string {
  const [on, off] = CODES[colour];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** A cell of a table: its text, and how it is painted once its width is known. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
  readonly right?: boolean;
}

/** Lays rows out in columns two spaces apart. */
export function table(rows: readonly (readonly Cell[])[], style: Style): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, width(cell.text))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => dress(cell, { pad: (widths[column] ?? 0) - width(cell.text), last: column === row.length - 1 }, style))
        .join("  "),
    )
    .join("\n");
}

function dress(cell: Cell, { pad, last }: { readonly pad: number; readonly last: boolean }, style: Style): string {
  const text = cell.colour ? style.paint(cell.colour, cell.text) : cell.text;
  if (cell.right) return " ".repeat(pad) + text;
  return last ? text : text + " ".repeat(pad);
}

function width(text: string): number {
  return Array.from(text).length;
}
