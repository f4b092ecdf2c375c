/** Reads a logging configuration file: Python's, as .ini, .json or .yaml. */
import { readFileSync } from "node:fs";
import { fail, succeed, type Result } from "../../core/result.js";
import { isRecord } from "./fields.js";
import { setupFromDict } from "./python-config.js";
import { setupFor, type LogSetup } from "./setup.js";
import type { ArbiterSpec } from "../../core/spec.js";

export interface LoadedSetup {
  readonly setup: LogSetup;
  /** What was not understood, each naming the file. */
  readonly warnings: readonly string[];
}

/**
 * The setup that the arbiter's options ask for. As in Circus a logger configuration takes the place of level and
 * output; `default` stands for none.
 */
export async function setupOf(options: Pick<ArbiterSpec, "loglevel" | "logoutput" | "loggerconfig">): Promise<Result<LoadedSetup, string>> {
  const file = options.loggerconfig?.trim() ?? "default";
  if (file.toLowerCase() !== "default") return loadSetup(file);
  const setup = setupFor(options.loglevel, options.logoutput);
  return setup.ok ? succeed({ setup: setup.value, warnings: [] }) : setup;
}

/**
 * Fails when the file cannot be read or parsed. The parsers are loaded only when a file is given.
 * @example `const loaded = await loadSetup("logging.yaml")`
 */
export async function loadSetup(file: string): Promise<Result<LoadedSetup, string>> {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(`Logger configuration "${file}": ${message}`);
  };
  try {
    const dict = await parseFile(file, warn);
    if (!isRecord(dict)) return fail(`Cannot read logger configuration "${file}": it does not hold a mapping`);
    return succeed({ setup: setupFromDict(dict, warn), warnings });
  } catch (error) {
    return fail(`Cannot read logger configuration "${file}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function parseFile(file: string, warn: (message: string) => void): Promise<unknown> {
  const text = readFileSync(file, "utf8");
  const extension = /\.(ini|json|ya?ml)$/i.exec(file)?.[1]?.toLowerCase();
  if (extension === "ini") return (await import("./python-ini.js")).dictFromIni(text, warn);
  if (extension === "json") return JSON.parse(text);
  if (extension === "yaml" || extension === "yml") return (await import("yaml")).parse(text);
  throw new Error("its name does not end with .ini, .json or .yaml");
}
