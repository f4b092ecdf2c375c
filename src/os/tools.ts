/** Finds the tools of util-linux that set a worker up in its own process. Only the system's own directories are searched. */
import { accessSync, constants, realpathSync } from "node:fs";
import { basename } from "node:path";

const DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/run/current-system/sw/bin"];
/** They have tools of these names too, which know none of the options that matter here. */
const NAMESAKES = ["busybox", "toybox"];

/**
 * @returns the absolute path, or null where util-linux's own is not installed
 * @example `findTool("setpriv") // "/usr/bin/setpriv"`
 */
export function findTool(name: string): string | null {
  return DIRECTORIES.map((directory) => `${directory}/${name}`).find(isGenuine) ?? null;
}

function isGenuine(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return !NAMESAKES.includes(basename(realpathSync(path)));
  } catch {
    return false;
  }
}
