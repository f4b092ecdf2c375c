/** `circusd --check`: every fault of a configuration, with file and line, and nothing started. */
import type { Diagnostic } from "../core/spec.js";
import type { Overrides } from "./circusd-options.js";
import { describe, isError, readConfiguration, type Configuration } from "./configuration.js";

/** What to print, and the exit code: 1 when there is any error, 0 with warnings or none. */
export async function checkConfiguration(file: string, overrides: Overrides): Promise<{ readonly text: string; readonly code: 0 | 1 }> {
  const configuration = await readConfiguration(file, overrides);
  const diagnostics = [...configuration.loaded.diagnostics, ...logWarnings(configuration)];
  const errors = diagnostics.filter(isError).length;
  const lines = [...diagnostics.map(describe), summary(file, configuration, [errors, diagnostics.length - errors])];
  return { text: `${lines.join("\n")}\n`, code: errors > 0 ? 1 : 0 };
}

function logWarnings({ log }: Configuration): readonly Diagnostic[] {
  return (log?.warnings ?? []).map((message) => ({ severity: "warning", message, place: null }));
}

function summary(file: string, { loaded }: Configuration, [errors, warnings]: readonly [number, number]): string {
  const { watchers, sockets, plugins } = loaded.config;
  const own = watchers.filter(({ internal }) => internal).map(({ name }) => name);
  const found = [
    counted(watchers.length - own.length, "watcher"),
    ...own,
    counted(sockets.filter(({ name }) => !own.includes(name)).length, "socket"),
    counted(plugins.length, "plugin"),
  ].join(", ");
  const faults = errors + warnings === 0 ? "no faults" : `${counted(errors, "error")}, ${counted(warnings, "warning")}`;
  return errors > 0 ? `${file}: ${faults}` : `${file}: ok, ${found}; ${faults}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
