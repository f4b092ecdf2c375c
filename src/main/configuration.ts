/** Reads a configuration for circusd, with what the command line says in place of it, and tells its faults. */
import { fileURLToPath } from "node:url";
import { inOrder } from "../config/diagnose.js";
import { loadConfig } from "../config/load.js";
import { withOwnWatchers } from "../config/own-watchers.js";
import type { Config, Diagnostic, Loaded } from "../core/spec.js";
import { setupOf, type LoadedSetup } from "../os/log/load-setup.js";
import type { Overrides } from "./circusd-options.js";
import { checkHost } from "./host-check.js";

/** What a start, a check and a reload all see. */
export interface Configuration {
  readonly loaded: Loaded;
  /** Null when one of the diagnostics says why. */
  readonly log: LoadedSetup | null;
}

/** Never rejects for a fault of the files or of what they name on this host: each is a diagnostic. */
export async function readConfiguration(file: string, overrides: Overrides): Promise<Configuration> {
  const files = await loadConfig(file, { environment: process.env });
  const read = complete(files, overrides);
  const found = inOrder([...read.diagnostics, ...(await checkHost(files))], files.files);
  const loaded = { ...read, diagnostics: [...found, ...unavailable(read.config)] };
  const log = await setupOf(loaded.config.arbiter);
  if (log.ok) return { loaded, log: log.value };
  const fault: Diagnostic = { severity: "error", message: log.failure, place: null };
  return { loaded: { ...loaded, diagnostics: [...loaded.diagnostics, fault] }, log: null };
}

/** What a circus.ini may ask for and this version does not have: said aloud, so that nobody waits for it. */
function unavailable({ arbiter, plugins }: Config): readonly Diagnostic[] {
  const wanted = [
    ...(arbiter.multicastEndpoint === "" ? [] : [`multicast_endpoint = ${arbiter.multicastEndpoint}: discovery`]),
    ...plugins.filter(({ active }) => active).map(({ name, use }) => `[plugin:${name}]: the plugin "${use}"`),
  ];
  return wanted.map((what) => ({ severity: "warning", message: `${what} is not part of this version and is not started`, place: null }));
}

/**
 * Adds what does not stand in the files: what the command line says, and circusd's own helpers. Also for a reload, so
 * that an option of the command line is no change to the running daemon.
 */
export function complete(loaded: Loaded, overrides: Overrides): Loaded {
  const told = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== null));
  const overridden = { ...loaded, config: { ...loaded.config, arbiter: { ...loaded.config.arbiter, ...told } } };
  return withOwnWatchers(overridden, {
    ...{ circusd: process.pid, node: process.execPath, stats: program("circusd-stats"), web: program("circushttpd") },
  });
}

function program(name: string): string {
  return fileURLToPath(new URL(`../../../bin/${name}.js`, import.meta.url));
}

/** `file:line: error: message`; without a place the message stands alone. */
export function describe({ severity, message, place }: Diagnostic): string {
  return `${place === null ? "" : `${place.file}:${place.line}: `}${severity}: ${message}`;
}

export function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === "error";
}
