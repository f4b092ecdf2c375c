/** Where a server of a circuit keeps what it knew over a restart. */
import { homedir } from "node:os";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** systemd's directory for the unit, root's, or the user's own. */
export function defaultStateDir(env: Env, isRoot: boolean): string {
  const [given] = (env["STATE_DIRECTORY"] ?? "").split(":");
  if (given !== undefined && given !== "") return given;
  if (isRoot) return "/var/lib/circus";
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "circus");
}

/** That of this process. */
export function ownStateDir(): string {
  return defaultStateDir(process.env, process.geteuid?.() === 0);
}

/** Servers of one host differ in where they listen. */
export function membersFile(directory: string, listen: string): string {
  return join(directory, `members-${fileNameOf(listen)}.json`);
}

/** An address as a part of a file's name. */
export function fileNameOf(listen: string): string {
  return listen.replace(/[^\w.-]+/g, "_");
}
