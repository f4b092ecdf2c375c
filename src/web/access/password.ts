/** Passwords as they are kept: scrypt with a salt each, in the usual form `$scrypt$ln=15,r=8,p=1$SALT$HASH`. */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from "node:crypto";

interface Cost {
  /** Logarithm of the number of rounds. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** Some 50 ms and 32 MiB for each password that is tried. */
const COST: Cost = { ln: 15, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

const FORM = /^\$scrypt\$ln=([1-9]|1\d|20),r=([1-9]|[12]\d|3[0-2]),p=([1-9]|1[0-6])\$([A-Za-z0-9+/]{8,})\$([A-Za-z0-9+/]{22,})$/;

/** Whether a text is a password in this form. */
export function isPasswordHash(text: string): boolean {
  return FORM.test(text);
}

/** @example `await hashPassword("secret")` is `$scrypt$ln=15,r=8,p=1$…$…`, another one each time */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, { cost: COST, bytes: HASH_BYTES });
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${unpadded(salt)}$${unpadded(hash)}`;
}

/** Takes the same time whatever is wrong. */
export async function isPassword(password: string, kept: string): Promise<boolean> {
  const [, ln = "", r = "", p = "", salt = "", hash = ""] = FORM.exec(kept) ?? [];
  if (hash === "") return false;
  const expected = Buffer.from(hash, "base64");
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const given = await derive(password, Buffer.from(salt, "base64"), { cost, bytes: expected.length });
  return timingSafeEqual(given, expected);
}

interface Derivation {
  readonly cost: Cost;
  readonly bytes: number;
}

function derive(password: string, salt: Buffer, { cost: { ln, r, p }, bytes }: Derivation): Promise<Buffer> {
  const rounds = 2 ** ln;
  const options: ScryptOptions = { N: rounds, r, p, maxmem: 256 * rounds * r };
  return new Promise((resolve, reject) => {
    // The same letter may be written in two ways; which one a keyboard sends is not the user's choice.
    scrypt(password.normalize("NFC"), salt, bytes, options, (cause, key) => {
      if (cause === null) resolve(key);
      else reject(cause);
    });
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
