/**
 * Makes sure that a path is free for a unix socket. libzmq removes whatever stands there before it binds, so
 * that a second daemon would silently take the place of a living one.
 */
import { lstat, unlink } from "node:fs/promises";
import { connect, type NetConnectOpts } from "node:net";
import { dirname } from "node:path";

/**
 * Leaves the path free: removes the socket of a daemon that is gone.
 * @throws Error with the reason, such as another process listening there.
 */
export async function claimPath(path: string): Promise<void> {
  const found = await kindOf(path);
  if (found === "nothing") return;
  if (found === "other") throw new Error(`"${path}" exists and is no socket; remove it or choose another path`);
  if (await isAnswered({ path })) throw Object.assign(new Error("address already in use"), { code: "EADDRINUSE" });
  await unlink(path);
}

/** Remembers whose socket stands at the path; what it returns removes that one, and never one that took its place. */
export async function holdPath(path: string): Promise<() => Promise<void>> {
  const { ino, dev } = await lstat(path);
  return async () => {
    const now = await lstat(path).catch(() => null);
    if (now?.ino === ino && now.dev === dev) await unlink(path).catch(() => {});
  };
}

async function kindOf(path: string): Promise<"nothing" | "socket" | "other"> {
  try {
    return (await lstat(path)).isSocket() ? "socket" : "other";
  } catch (cause) {
    if (!isErrno(cause, "ENOENT")) throw cause;
  }
  const directory = dirname(path);
  const isThere = await lstat(directory).then(
    () => true,
    () => false,
  );
  if (!isThere) throw new Error(`no such directory "${directory}"; create it first`);
  return "nothing";
}

/** Whether somebody listens at an address. Only a refusal proves that nobody does: a full backlog or a lack of rights do not. */
export function isAnswered(address: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(address);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (cause) => resolve(!isErrno(cause, "ECONNREFUSED") && !isErrno(cause, "ENOENT")));
  });
}

function isErrno(cause: unknown, code: string): boolean {
  return cause instanceof Error && "code" in cause && cause.code === code;
}
