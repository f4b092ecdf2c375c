/** `circusctl import`: the files of another program as they are on this host, and what they are as a circus.ini. */
import { readFile, readdir, stat } from "node:fs/promises";
import { availableParallelism, hostname } from "node:os";
import path from "node:path";
import { glob } from "../config/glob.js";
import type { Translation } from "../config/import/draft.js";
import { translatePm2 } from "../config/import/pm2.js";
import { includedFiles, translateSupervisord } from "../config/import/supervisord.js";
import { fail, type Result } from "../core/result.js";
import { kindOfFile, readEcosystem } from "../os/ecosystem.js";

/** The failure is one line for the user. */
export async function importConfiguration(source: string): Promise<Result<Translation, string>> {
  const file = path.resolve(source);
  try {
    const read = /\.([cm]?js|json|ya?ml)$/.test(file) ? await importPm2(source, file) : await importSupervisord(source, file);
    return read.ok ? read : fail(`Cannot import "${source}": ${read.failure}`);
  } catch (error) {
    return fail(`Cannot import "${source}": ${reasonOf(error)}`);
  }
}

async function importPm2(source: string, file: string): Promise<Result<Translation, string>> {
  const around = {
    directory: path.dirname(file),
    cpus: availableParallelism(),
    kindOf: kindOfFile,
    resolve: (directory: string, name: string) => path.resolve(directory, name),
  };
  return translatePm2({ source, value: await readEcosystem(file), around });
}

async function importSupervisord(source: string, file: string): Promise<Result<Translation, string>> {
  const host = hostname();
  const main = { path: file, text: await readFile(file, "utf8") };
  const files = [main];
  for (const pattern of includedFiles(main, host)) {
    for (const found of await glob(path.resolve(path.dirname(file), pattern), DISK)) {
      files.push({ path: found, text: await readFile(found, "utf8") });
    }
  }
  return translateSupervisord({ source, files, host });
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return "no such file";
  if (error instanceof Error && "code" in error && error.code === "EISDIR") return "it is a directory";
  // Parsers show the place on further lines.
  const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return reason.replace(/:$/, "");
}

const DISK = {
  list: async (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []),
  exists: async (name: string): Promise<boolean> =>
    stat(name).then(
      () => true,
      () => false,
    ),
};
