/** `circushttpd --add-user` and `--add-token`: who may use the console, written to files that nobody else reads. */
import { chown, readFile, rename, stat, writeFile } from "node:fs/promises";
import { askNewSecret } from "../cli/secret.js";
import type { Result } from "../core/result.js";
import { hashToken, makeToken, parseTokens, parseUsers, withToken, withUser } from "../web/access/accounts.js";
import { hashPassword } from "../web/access/password.js";
import type { WebCommand } from "./circushttpd-options.js";

/** @returns what to print. @throws Error where no password is given or the file cannot be written */
export async function addUser({ name, role, file }: Extract<WebCommand, { kind: "add-user" }>): Promise<string> {
  const text = await readOwn(file, parseUsers);
  const secret = await askNewSecret({ stdin: process.stdin, stderr: process.stderr }, `Password for ${name}`);
  const password = await hashPassword(secret);
  await replace(file, withUser(text, { name, role, password }));
  return `User "${name}" with role ${role} is in ${file}\n`;
}

/** @returns what to print. @throws Error where the file cannot be written */
export async function addToken({ role, file }: Extract<WebCommand, { kind: "add-token" }>): Promise<string> {
  const text = await readOwn(file, parseTokens);
  const token = makeToken();
  await replace(file, withToken(text, { role, hash: hashToken(token) }));
  process.stderr.write(`A token with role ${role} is in ${file}; it is shown this once:\n`);
  return `${token}\n`;
}

/** A file that is not there yet is empty; one that is something else is not touched. */
async function readOwn(file: string, parse: (text: string) => Result<unknown, string>): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw new Error(`Cannot read "${file}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`Cannot add to "${file}": ${parsed.failure}`);
  return text;
}

/** A reader sees the old file or the new one. Its owner stays who it was, as circushttpd may be somebody else than who writes. */
async function replace(file: string, text: string): Promise<void> {
  const former = await stat(file).catch(() => null);
  const beside = `${file}.${process.pid}.new`;
  try {
    await writeFile(beside, text, { mode: 0o600, flag: "wx" });
    if (former !== null) await chown(beside, former.uid, former.gid).catch(() => undefined);
    await rename(beside, file);
  } catch (cause) {
    throw new Error(`Cannot write "${file}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
