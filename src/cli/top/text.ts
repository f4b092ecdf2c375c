/** Text that may stand on a terminal: without control characters, and measured in columns. */

/** Controls, surrogates without a partner, and what turns the direction of writing or takes no room. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\ufe00-\ufe0f]/gu;

/** Marks that sit on the character before them, and the later parts of a Hangul syllable. */
const MARK = /^[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]$/u;

/** Characters that take two columns. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

const PLAIN_ASCII = /^[\x20-\x7e]*$/;

/** More marks than any script puts on one character would pile up over the lines around. */
const MOST_MARKS = 3;

/** A character with its marks, and how many columns it takes. */
export interface Glyph {
  readonly text: string;
  readonly columns: 1 | 2;
}

/** What circus-top draws besides letters and digits. */
export interface Signs {
  readonly unicode: boolean;
  readonly cut: string;
  readonly open: string;
  readonly folded: string;
  readonly rising: string;
  readonly falling: string;
  readonly dot: string;
}

export const UNICODE_SIGNS: Signs = { unicode: true, cut: "…", open: "▾", folded: "▸", rising: "▲", falling: "▼", dot: "·" };
export const ASCII_SIGNS: Signs = { unicode: false, cut: "~", open: "-", folded: "+", rising: "^", falling: "v", dot: "|" };

/** The signs that a terminal of this locale can show. */
export function signsOf(env: Readonly<Record<string, string | undefined>>): Signs {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return /utf-?8/i.test(locale) ? UNICODE_SIGNS : ASCII_SIGNS;
}

/** Removes what is no text: a tab or line break becomes a space, any other control character nothing. */
export function clean(text: string): string {
  return PLAIN_ASCII.test(text) ? text : text.replace(/[\t\n\r]+/g, " ").replace(UNPRINTABLE, "");
}

/** Cuts clean text into what is drawn one by one. */
export function glyphs(text: string): readonly Glyph[] {
  if (PLAIN_ASCII.test(text)) return Array.from(text, (character) => ({ text: character, columns: 1 }));
  const found: { text: string; columns: 1 | 2; marks: number }[] = [];
  for (const character of text) {
    const last = found.at(-1);
    if (!MARK.test(character)) found.push({ text: character, columns: WIDE.test(character) ? 2 : 1, marks: 0 });
    else if (last !== undefined && last.marks < MOST_MARKS) {
      last.text += character;
      last.marks += 1;
    }
  }
  return found;
}

/** How many columns clean text takes. */
export function columnsOf(text: string): number {
  return PLAIN_ASCII.test(text) ? text.length : glyphs(text).reduce((sum, { columns }) => sum + columns, 0);
}

/** Cleans a text and makes it exactly so wide: cut with a sign, or filled with spaces on the right. */
export function fit(text: string, width: number, { cut, unicode }: Signs): string {
  if (width <= 0) return "";
  const tidy = clean(text);
  const shown = unicode ? tidy : tidy.replace(/[^\x20-\x7e]/gu, "?");
  const columns = columnsOf(shown);
  if (columns <= width) return shown + " ".repeat(width - columns);
  let kept = "";
  let room = width - 1;
  for (const glyph of glyphs(shown)) {
    if (glyph.columns > room) break;
    kept += glyph.text;
    room -= glyph.columns;
  }
  return kept + cut + " ".repeat(room);
}

/** The same with the spaces on the left; a text that is too long is cut all the same. */
export function fitRight(text: string, width: number, signs: Signs): string {
  const columns = columnsOf(text);
  return columns >= width ? fit(text, width, signs) : " ".repeat(width - columns) + text;
}
