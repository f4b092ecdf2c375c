/**
 * The terminal: draws lines, hears keys and the mouse, and gives the terminal back as it was. Cells are handed to
 * blessed one by one, which writes those that have changed; its own elements would read markup into names.
 */
import blessed, { type Widgets } from "blessed";
import type { Line, Look } from "./lines.js";
import type { Size } from "./layout.js";
import { glyphs } from "./text.js";
import type { Key } from "./view.js";
import type { Input, Output } from "../world.js";

export type MouseAction = "press" | "wheelUp" | "wheelDown";

export interface ScreenListener {
  key(key: Key): void;
  mouse(action: MouseAction, x: number, y: number): void;
  resize(): void;
}

export interface ScreenOptions {
  readonly input: Input;
  readonly output: Output;
  /** What TERM says. */
  readonly terminal: string;
  readonly unicode: boolean;
  readonly colour: boolean;
}

/** A terminal in use. */
export interface TerminalScreen {
  readonly size: Size;
  draw(lines: readonly Line[]): void;
  /** Writes every cell again, whatever is on the terminal. */
  redraw(): void;
  /** Gives the terminal back for a while. */
  leave(): void;
  enter(): void;
  /** Gives the terminal back for good; may be called again. */
  close(): void;
}

type Cell = [attributes: number, text: string];

/** What blessed's types leave out. */
interface Untold {
  readonly lines: readonly (Cell[] & { dirty: boolean })[];
  readonly tput: { colors: number };
  enter(): void;
  leave(): void;
}

interface Clicked {
  readonly action: string;
  readonly x: number;
  readonly y: number;
}

type Canvas = Widgets.Screen & Untold;

interface Attributes {
  readonly bold?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
  readonly fg?: number;
  readonly bg?: number;
}

const [BLACK, RED, GREEN, YELLOW, CYAN, GREY] = [0, 1, 2, 3, 6, 8];
const BY_DEFAULT = 0x1ff;

const COLOURED: Readonly<Record<Look, Attributes>> = {
  plain: {},
  bold: { bold: true },
  dim: { fg: GREY },
  title: { bold: true, fg: CYAN },
  good: { fg: GREEN },
  notice: { bold: true, fg: YELLOW },
  head: { fg: BLACK, bg: GREEN },
  sorted: { fg: BLACK, bg: CYAN },
  selected: { fg: BLACK, bg: CYAN },
  warm: { fg: YELLOW },
  hot: { bold: true, fg: RED },
  key: { bold: true },
  label: { fg: BLACK, bg: CYAN },
  cursor: { inverse: true },
};

const COLOURLESS: Readonly<Record<Look, Attributes>> = {
  ...{ plain: {}, dim: {}, good: {}, warm: {}, label: {} },
  ...{ bold: { bold: true }, title: { bold: true }, notice: { bold: true }, hot: { bold: true }, key: { bold: true } },
  ...{ head: { underline: true }, sorted: { underline: true, bold: true }, selected: { inverse: true }, cursor: { inverse: true } },
};

/** Takes the terminal. */
export function openScreen({ input, output, terminal, unicode, colour }: ScreenOptions, listener: ScreenListener): TerminalScreen {
  // Its types know neither the cells nor how to leave for a while.
  // They also take the one end of the terminal for the other.
  const ends: object = { input, output };
  const program = blessed.program({ ...ends, terminal, forceUnicode: unicode });
  const canvas = blessed.screen({ program, forceUnicode: unicode, resizeTimeout: 0 }) as Canvas;
  // Where the description of a terminal is not installed, its name still tells.
  if (/256color|direct/.test(terminal)) canvas.tput.colors = 256;
  const looks = colour ? COLOURED : COLOURLESS;
  let drawn: readonly Line[] = [];
  let state: "in" | "out" | "closed" = "in";
  listen(canvas, listener);

  const draw = (lines: readonly Line[]): void => {
    drawn = lines;
    if (state !== "in") return;
    canvas.lines.forEach((cells, y) => {
      const line = lines[y] ?? { spans: [], look: "plain" };
      if (paint(cells, line, (look) => attributesOf(looks[look], canvas.tput.colors))) cells.dirty = true;
    });
    canvas.draw(0, canvas.lines.length - 1);
  };
  const redraw = (): void => {
    canvas.alloc();
    draw(drawn);
  };
  return {
    get size() {
      return { width: program.cols, height: program.rows };
    },
    draw,
    redraw,
    leave() {
      if (state !== "in") return;
      state = "out";
      canvas.leave();
      setRaw(input, false);
      input.pause();
    },
    enter() {
      if (state !== "out") return;
      state = "in";
      setRaw(input, true);
      input.resume();
      canvas.enter();
      program.enableMouse();
      draw(drawn);
    },
    close() {
      if (state === "closed") return;
      state = "closed";
      canvas.destroy();
    },
  };
}

function listen(canvas: Canvas, listener: ScreenListener): void {
  canvas.on("keypress", (text: string | undefined, key) => {
    listener.key({ name: key.full, text: text ?? "" });
  });
  canvas.on("mouse", ({ action, x, y }: Clicked) => {
    const told = action === "mousedown" ? "press" : action === "wheelup" ? "wheelUp" : action === "wheeldown" ? "wheelDown" : null;
    if (told !== null) listener.mouse(told, x, y);
  });
  canvas.on("resize", () => {
    listener.resize();
  });
}

/** @returns whether anything is another than before */
function paint(cells: readonly Cell[], { spans, look }: Line, attributes: (look: Look) => number): boolean {
  let at = 0;
  let changed = false;
  const put = (text: string, value: number): void => {
    const cell = cells[at];
    at += 1;
    if (cell === undefined || (cell[0] === value && cell[1] === text)) return;
    [cell[0], cell[1], changed] = [value, text, true];
  };
  for (const span of spans) {
    const value = attributes(span.look);
    for (const { text, columns } of glyphs(span.text)) {
      if (at + columns > cells.length) break;
      put(text, value);
      // The right half of a wide character is a cell without text: nothing may be written over it.
      if (columns === 2) put("", value);
    }
  }
  const rest = attributes(look);
  while (at < cells.length) put(" ", rest);
  return changed;
}

function attributesOf({ bold, underline, inverse, fg, bg }: Attributes, colours: number): number {
  const flags = (bold ? 1 : 0) | (underline ? 2 : 0) | (inverse ? 8 : 0);
  // With eight colours grey is black, which nobody can read.
  const front = fg === undefined || (fg === GREY && colours < 16) ? BY_DEFAULT : fg;
  return (flags << 18) | (front << 9) | (bg ?? BY_DEFAULT);
}

function setRaw(input: Input & { setRawMode?: (raw: boolean) => unknown }, raw: boolean): void {
  input.setRawMode?.(raw);
}
