/** The file that a watcher's command runs, and how it is told from another that takes its place. */
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { splitWords, type Commands } from "circusd/plugin";

type Options = Commands["options"]["reply"]["options"];

/** What is looked for, and from where. */
export interface Command {
  readonly program: string;
  readonly workingDir: string;
  readonly path: string;
}

/** A file as it was found. */
export interface Found {
  /** Without symbolic links. */
  readonly path: string;
  /** Differs where the content or the file itself differs. */
  readonly version: string;
}

/** Where programs are searched when a watcher's environment has no PATH. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The program of a watcher: `executable`, or the first word of `cmd`; null where there is none.
 * @param daemonPath the PATH of circusd, which its workers have with copy_env
 */
export function commandOf(options: Options, daemonPath: string | undefined): Command | null {
  const { executable, cmd, env, working_dir: workingDir, copy_env: copied } = options;
  const words = typeof cmd === "string" ? splitWords(cmd) : null;
  const program = typeof executable === "string" && executable !== "" ? executable : words?.ok ? words.value[0] : undefined;
  if (program === undefined || program === "") return null;
  const own: unknown = typeof env === "object" && env !== null ? Reflect.get(env, "PATH") : null;
  const path = typeof own === "string" ? own : copied === true ? daemonPath : undefined;
  return { program, workingDir: typeof workingDir === "string" ? workingDir : ".", path: path ?? DEFAULT_PATH };
}

/** The file as it is now; null while there is none, as when it is being replaced. */
export async function find({ program, workingDir, path }: Command): Promise<Found | null> {
  if (program.includes("/")) return look(resolve(workingDir, program));
  for (const directory of path.split(":")) {
    const found = await look(join(resolve(workingDir, directory), program));
    if (found !== null) return found;
  }
  return null;
}

async function look(file: string): Promise<Found | null> {
  try {
    await access(file, constants.X_OK);
    const { dev, ino, mtimeNs, size } = await stat(file, { bigint: true });
    return { path: await realpath(file), version: [dev, ino, mtimeNs, size].join("-") };
  } catch {
    return null;
  }
}
