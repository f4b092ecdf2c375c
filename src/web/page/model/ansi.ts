/** Colours in terminal output: text with escape sequences to plain pieces with a look, and everything else of them left out. */

/** A colour of the terminal by number, or one of its own. */
export type Colour = number | string;

export interface Look {
  readonly colour: Colour | null;
  readonly background: Colour | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

export interface Piece {
  readonly text: string;
  readonly look: Look;
}

const PLAIN: Look = { colour: null, background: null, bold: false, dim: false, italic: false, underline: false };

/** A sequence that sets the look, or any other escape sequence or control character but the tab. */
const SEQUENCE =
  /\u001b\[([\d;:]*)m|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-_]?|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Takes a line apart; the text of the pieces has no control character left in it. */
export function readAnsi(line: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let look = PLAIN;
  let at = 0;
  for (const found of line.matchAll(SEQUENCE)) {
    if (found.index > at) pieces.push({ text: line.slice(at, found.index), look });
    if (found[1] !== undefined) look = apply(look, found[1]);
    at = found.index + found[0].length;
  }
  if (at < line.length) pieces.push({ text: line.slice(at), look });
  return pieces;
}

/** The line without any of it, for searching. */
export function stripAnsi(line: string): string {
  return line.replace(SEQUENCE, "");
}

function apply(look: Look, codes: string): Look {
  const numbers = codes.split(/[;:]/).map(Number);
  let changed = look;
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extended(numbers.slice(at + 1));
      changed = code === 38 ? { ...changed, colour } : { ...changed, background: colour };
      at += used;
    } else {
      changed = { ...changed, ...simple(code) };
    }
  }
  return changed;
}

function simple(code: number): Partial<Look> {
  if (code >= 30 && code <= 37) return { colour: code - 30 };
  if (code >= 90 && code <= 97) return { colour: code - 82 };
  if (code >= 40 && code <= 47) return { background: code - 40 };
  if (code >= 100 && code <= 107) return { background: code - 92 };
  switch (code) {
    case 0:
      return PLAIN;
    case 1:
      return { bold: true };
    case 2:
      return { dim: true };
    case 3:
      return { italic: true };
    case 4:
      return { underline: true };
    case 22:
      return { bold: false, dim: false };
    case 23:
      return { italic: false };
    case 24:
      return { underline: false };
    case 39:
      return { colour: null };
    case 49:
      return { background: null };
    default:
      return {};
  }
}

/** `5;N` of the palette of 256, or `2;R;G;B`. */
function extended(numbers: readonly number[]): { readonly colour: Colour | null; readonly used: number } {
  const [kind, ...values] = numbers;
  if (kind === 5) return { colour: palette(values[0] ?? 0), used: 2 };
  if (kind === 2) return { colour: rgb(values.slice(0, 3)), used: 4 };
  return { colour: null, used: numbers.length };
}

function palette(number: number): Colour {
  if (number < 16) return number;
  if (number >= 232) return rgb(Array.from({ length: 3 }, () => (number - 232) * 10 + 8));
  const cube = number - 16;
  return rgb([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => (level === 0 ? 0 : level * 40 + 55)));
}

function rgb(parts: readonly number[]): string {
  return `rgb(${parts.map((part) => Math.min(255, Math.max(0, part || 0))).join(", ")})`;
}
