/** Reads the key file of a circuit from disk. */
import { readFile, stat } from "node:fs/promises";
import { parseKeys } from "../core/circuit/keys.js";
import { fail, succeed, type Result } from "../core/result.js";

export interface KeyFile {
  readonly keys: readonly Uint8Array[];
  /** What a careful person would change; null where nothing is. */
  readonly warning: string | null;
}

/** Others of the host may not read it. */
const OTHERS = 0o077;

/** The failure names the file, what is wrong and what to do. */
export async function readKeyFile(path: string): Promise<Result<KeyFile, string>> {
  try {
    const [text, { mode }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    const keys = parseKeys(text);
    if (!keys.ok) return fail(`Cannot use the key file "${path}": ${keys.failure}`);
    const open = (mode & OTHERS) !== 0;
    return succeed({
      keys: keys.value,
      warning: open ? `The key file "${path}" can be read by others of this host: chmod 600 it, and make a new key if somebody has` : null,
    });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : null;
    const why =
      code === "ENOENT"
        ? `no such file; "circuit keygen > ${path}" makes one`
        : code === "EACCES"
          ? "permission denied; run this as the user whom it belongs to"
          : String(cause instanceof Error ? cause.message : cause);
    return fail(`Cannot read the key file "${path}": ${why}`);
  }
}
