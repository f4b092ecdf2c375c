/** Hands files over to other users. */
import { chown } from "node:fs/promises";
import { fail, succeed, type Result } from "../core/result.js";
import type { Native } from "./native.js";

/**
 * Makes a user the owner of a file; the group stays.
 * @param owner name or number
 */
export async function giveTo(native: Pick<Native, "userByName">, path: string, owner: string): Promise<Result<void, string>> {
  const uid = /^\d+$/.test(owner) ? Number(owner) : (native.userByName(owner)?.uid ?? null);
  if (uid === null) return fail(`Cannot give "${path}" to "${owner}": no such user`);
  try {
    await chown(path, uid, -1);
    return succeed(undefined);
  } catch (cause) {
    return fail(`Cannot give "${path}" to "${owner}": ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
