/** The key file of a circuit: one key a line, as `circuit keygen` and Circuit's own write them. */
import { fail, succeed, type Result } from "../result.js";

/** Bytes of the shortest key that is taken. */
const LEAST = 32;

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * Reads a key file: base64 texts of 32 bytes or more, one a line; empty lines and those that begin with `#` are passed over.
 * The first key is the one that is used, all are accepted. The failure names the line.
 * @example `parseKeys("cEvxwSBnUpt5kmNF9pm5cGm6Et32y5GvSH3Q6cgzPd8=\n")`
 */
export function parseKeys(text: string): Result<readonly Uint8Array[], string> {
  const keys: Uint8Array[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const word = line.trim();
    if (word === "" || word.startsWith("#")) continue;
    const key = BASE64.test(word) ? decode(word) : null;
    if (key === null || key.length < LEAST) return fail(`line ${index + 1} is no key: make one with "circuit keygen"`);
    keys.push(key);
  }
  return keys.length === 0 ? fail('there is no key in it: make one with "circuit keygen"') : succeed(keys);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Neither the compiler's core nor a browser's `atob` knows bytes; both alphabets of base64 are read. */
function decode(word: string): Uint8Array | null {
  const plain = word.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
  if (plain.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((plain.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of plain) {
    bits = ((bits << 6) | ALPHABET.indexOf(letter)) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at] = (bits >> held) & 0xff;
    at += 1;
  }
  return bytes;
}
