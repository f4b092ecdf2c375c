/** The numbered lines that workers write, and the check that each of them arrived whole. */
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";

/** Bytes of a line with its end. */
export const LINE_BYTES = 100;
const DIGITS = 8;
const NEWLINE = 0x0a;

export interface Check {
  /** Lines that should have come and did not, or came more than once. */
  readonly miscounted: number;
  /** Lines of which only a part stands by itself. */
  readonly torn: number;
}

/** A file of lines, each of which tells its number. */
export class Sheet {
  readonly path: string;
  readonly #text: Buffer;

  private constructor(path: string, text: Buffer) {
    this.path = path;
    this.#text = text;
  }

  static async write(path: string, lines: number): Promise<Sheet> {
    const text = Buffer.alloc(lines * LINE_BYTES, "abcdefghijklmnopqrstuvwxyz");
    for (let number = 0; number < lines; number++) {
      text.write(String(number).padStart(DIGITS, "0"), number * LINE_BYTES, "latin1");
      text[(number + 1) * LINE_BYTES - 1] = NEWLINE;
    }
    await writeFile(path, text);
    return new Sheet(path, text);
  }

  /**
   * Reads what arrived, in the order of the files, and compares it line by line.
   * @param copies how many times each of the first `lines` lines was written
   */
  async check(files: readonly string[], { lines, copies }: { readonly lines: number; readonly copies: number }): Promise<Check> {
    const seen = new Uint16Array(lines);
    let torn = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (const file of files) {
      for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
        if (!Buffer.isBuffer(chunk)) throw new Error("internal: a stream of bytes gave text");
        const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        const read = this.#compare(text, seen);
        torn += read.torn;
        rest = text.subarray(read.end);
      }
    }
    const miscounted = seen.reduce((sum, count) => sum + Math.abs(copies - count), 0);
    return { miscounted, torn: torn + (rest.length > 0 ? 1 : 0) };
  }

  #compare(text: Buffer, seen: Uint16Array): { readonly torn: number; readonly end: number } {
    let torn = 0;
    let at = 0;
    for (let end = text.indexOf(NEWLINE, at); end >= 0; end = text.indexOf(NEWLINE, at)) {
      const number = Number(text.toString("latin1", at, at + DIGITS));
      const place = number * LINE_BYTES;
      const whole = end + 1 - at === LINE_BYTES && text.compare(this.#text, place, place + LINE_BYTES, at, end + 1) === 0;
      if (whole && number < seen.length) seen[number] = (seen[number] ?? 0) + 1;
      else torn += 1;
      at = end + 1;
    }
    return { torn, end: at };
  }
}
