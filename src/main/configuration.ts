/** Reads a configuration for circusd, with what the command line says in place of it, and tells its faults. */
import { inOrder } from "../config/diagnose.js";
import { withHandedSockets } from "../config/handed-sockets.js";
import { loadConfig, type LoadedTree } from "../config/load.js";
import type { Diagnostic, Loaded } from "../core/spec.js";
import type { HandedSocket } from "../os/handed-sockets.js";
import { setupOf, type LoadedSetup } from "../os/log/load-setup.js";
import type { Overrides } from "./circusd-options.js";
import { checkHost } from "./host-check.js";
import { addOwnWatchers } from "./own-programs.js";

/** What a start, a check and a reload all see. */
export interface Configuration {
  readonly loaded: Loaded;
  /** Null when one of the diagnostics says why. */
  readonly log: LoadedSetup | null;
}

/** Never rejects for a fault of the files or of what they name on this host: each is a diagnostic. */
export async function readConfiguration(file: string, overrides: Overrides, handed: readonly HandedSocket[] = []): Promise<Configuration> {
  const files = await loadFiles(file, handed);
  const read = complete(files, overrides, handed);
  const found = inOrder([...read.diagnostics, ...(await checkHost(files))], files.files);
  const loaded = { ...read, diagnostics: found };
  const log = await setupOf(loaded.config.arbiter);
  if (log.ok) return { loaded, log: log.value };
  const fault: Diagnostic = { severity: "error", message: log.failure, place: null };
  return { loaded: { ...loaded, diagnostics: [...loaded.diagnostics, fault] }, log: null };
}

/** Reads the files as this process sees them. */
export function loadFiles(file: string, handed: readonly HandedSocket[]): Promise<LoadedTree> {
  return loadConfig(file, { environment: process.env, sockets: handed.map(({ spec }) => spec.name) });
}

/**
 * Adds what does not stand in the files: what the command line says, circusd's own helpers, and sockets that were handed over. Also for a reload, so
 * that an option of the command line is no change to the running daemon.
 */
export function complete(loaded: Loaded, overrides: Overrides, handed: readonly HandedSocket[]): Loaded {
  const told = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== null));
  const overridden = { ...loaded, config: { ...loaded.config, arbiter: { ...loaded.config.arbiter, ...told } } };
  return withHandedSockets(
    addOwnWatchers(overridden),
    handed.map(({ spec }) => spec),
  );
}

/** `file:line: error: message`; without a place the message stands alone. */
export function describe({ severity, message, place }: Diagnostic): string {
  return `${place === null ? "" : `${place.file}:${place.line}: `}${severity}: ${message}`;
}

export function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === "error";
}
