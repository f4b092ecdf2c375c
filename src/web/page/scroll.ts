/**
 * The lines of output in the page: added at the end and taken off at the top by hand, as thousands of them a second would be
 * too many for components. It stays at the end until the reader scrolls up.
 */
import type { TailLine } from "../../wire/contract.js";
import { type Look, readAnsi, stripAnsi } from "./model/ansi.js";
import { formatTime } from "./model/format.js";
import { addLines, KEPT_LINES, type Line, type Lines, NO_LINES } from "./model/lines.js";
import { matches } from "./model/table.js";

export interface Shown {
  readonly filter: string;
  readonly times: boolean;
  readonly wrap: boolean;
  readonly paused: boolean;
}

export interface Told {
  /** Lines that are in the page. */
  readonly count: number;
  readonly missed: number;
  /** Lines that came during a pause, or below what is seen. */
  readonly waiting: number;
  readonly atEnd: boolean;
}

/** Milliseconds between two drawings: a flood of lines is not read any better for being drawn in every frame. */
const PAUSE = 200;

/** Pixels from the end that count as the end. */
const NEAR = 24;

export class Scroll {
  readonly #tell: (told: Told) => void;
  #place: HTMLElement | null = null;
  #lines: Lines = NO_LINES;
  #shown: Shown = { filter: "", times: true, wrap: true, paused: false };
  /** The number of the last line that is in the page. */
  #last = 0;
  #missed = 0;
  #waiting = 0;
  #atEnd = true;
  /** Lines up to this time came before: a follow that begins anew sends them again. */
  #known = 0;
  #timer: number | null = null;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(tell: (told: Told) => void) {
    this.#tell = tell;
  }

  attach(place: HTMLElement): void {
    this.#place = place;
    place.addEventListener("scroll", this.#scrolled, { passive: true });
  }

  detach(): void {
    this.#place?.removeEventListener("scroll", this.#scrolled);
    this.#place = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  show(shown: Shown): void {
    const anew = shown.filter !== this.#shown.filter;
    this.#shown = shown;
    if (anew) this.#drawAnew();
    else this.#later();
  }

  add(lines: readonly TailLine[], missed: number): void {
    const fresh = lines.filter(({ time }) => time > this.#known);
    this.#missed += missed;
    this.#lines = addLines(this.#lines, fresh, decodeBytes);
    this.#later();
  }

  /** The last lines come once more. */
  again(): void {
    this.#known = this.#lines.kept.at(-1)?.time ?? this.#known;
  }

  clear(): void {
    this.#lines = { ...NO_LINES, next: this.#lines.next };
    this.#missed = 0;
    this.#known = 0;
    this.#drawAnew();
  }

  toEnd(): void {
    this.#atEnd = true;
    this.#later();
  }

  readonly #scrolled = (): void => {
    const place = this.#place;
    if (place === null) return;
    const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR;
    if (atEnd === this.#atEnd) return;
    this.#atEnd = atEnd;
    this.#later();
  };

  #drawAnew(): void {
    this.#place?.replaceChildren();
    this.#last = 0;
    this.#later();
  }

  #later(): void {
    this.#timer ??= window.setTimeout(
      () => {
        this.#timer = null;
        this.#drawn = performance.now();
        this.#draw();
      },
      Math.max(0, this.#drawn + PAUSE - performance.now()),
    );
  }

  #draw(): void {
    const place = this.#place;
    if (place === null) return;
    const fresh = this.#lines.kept.filter(({ number, text }) => number > this.#last && matches(this.#shown.filter, [stripAnsi(text)]));
    if (this.#shown.paused) {
      this.#waiting = fresh.length;
    } else {
      place.append(...fresh.map(lineElement));
      this.#last = this.#lines.next - 1;
      const tooMany = place.childElementCount - KEPT_LINES;
      for (let gone = 0; gone < tooMany; gone++) place.firstElementChild?.remove();
      this.#waiting = this.#atEnd ? 0 : this.#waiting + fresh.length;
      if (this.#atEnd) place.scrollTop = place.scrollHeight;
    }
    this.#tell({ count: place.childElementCount, missed: this.#missed, waiting: this.#waiting, atEnd: this.#atEnd });
  }
}

/** Bytes that are no UTF-8, with a mark where they are not. */
function decodeBytes(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

function lineElement({ time, pid, stream, text }: Line): HTMLElement {
  const line = document.createElement("div");
  line.className = stream;
  line.append(span("time", formatTime(time, true)), span("pid", String(pid)));
  const words = document.createElement("span");
  words.className = "text";
  for (const piece of readAnsi(text)) words.append(dressed(piece.text, piece.look));
  line.append(words);
  return line;
}

function span(name: string, text: string): HTMLElement {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}

function dressed(text: string, look: Look): Node {
  const names = [
    ...(["bold", "dim", "italic", "underline"] as const).filter((name) => look[name]),
    ...(typeof look.colour === "number" ? [`fg${look.colour}`] : []),
    ...(typeof look.background === "number" ? [`bg${look.background}`] : []),
  ];
  if (names.length === 0 && look.colour === null && look.background === null) return document.createTextNode(text);
  const element = span(names.join(" "), text);
  if (typeof look.colour === "string") element.style.color = look.colour;
  if (typeof look.background === "string") element.style.backgroundColor = look.background;
  return element;
}
