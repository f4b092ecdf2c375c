/** What a log is made of: a level and handlers, each with its target. Values only; `../log.ts` opens them. */
import type { LogLevel } from "../../core/spec.js";
import { fail, succeed, type Result } from "../../core/result.js";

/** Severities as numbers, Python's, so that a logging configuration may use a number of its own. */
export const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warning: 30, error: 40, critical: 50 };

export type SyslogAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export type LogTarget =
  | { readonly kind: "stream"; readonly fd: 1 | 2 }
  | {
      readonly kind: "file";
      readonly path: string;
      /** Rotates before a line that would pass this size; 0 never. */
      readonly maxBytes: number;
      readonly backupCount: number;
      /** Begins with an empty file. */
      readonly truncate: boolean;
    }
  | { readonly kind: "syslog"; readonly address: SyslogAddress; readonly facility: number };

export interface LogHandlerSpec {
  readonly target: LogTarget;
  /** Lower severities are not written by this handler. */
  readonly threshold: number;
  /** Python's %-style, such as `%(asctime)s %(message)s`. */
  readonly format: string;
  /** For strftime; null is ISO-like with milliseconds, Python's default. */
  readonly dateFormat: string | null;
}

export interface LogSetup {
  readonly level: number;
  readonly handlers: readonly LogHandlerSpec[];
}

export const DEFAULT_FORMAT = "%(asctime)s %(name)s[%(process)d] [%(levelname)s] %(message)s";
const DATE_FORMAT = "%Y-%m-%d %H:%M:%S";
const SYSLOG_DATE_FORMAT = "%b %d %H:%M:%S";
const SYSLOG_PORT = 514;
const SYSLOG_SOCKET = "/dev/log";

const FACILITIES: Readonly<Record<string, number>> = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  security: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** The number of a syslog facility by its name in any case, or null. */
export function facilityNumber(name: string): number | null {
  const known = name.toLowerCase();
  return Object.hasOwn(FACILITIES, known) ? (FACILITIES[known] ?? null) : null;
}

/**
 * Reads `logoutput`: `-` and `stdout` are both standard error, as Circus really does; `syslog://host[:port][?facility]`
 * and `syslog:///path[?facility]`; anything else is a file.
 * @example `setupFor("info", "syslog:///dev/log?daemon")`
 */
export function setupFor(level: LogLevel, output: string): Result<LogSetup, string> {
  const target = targetOf(output);
  if (!target.ok) return target;
  const dateFormat = target.value.kind === "syslog" ? SYSLOG_DATE_FORMAT : DATE_FORMAT;
  return succeed({ level: SEVERITY[level], handlers: [{ target: target.value, threshold: 0, format: DEFAULT_FORMAT, dateFormat }] });
}

/** Whether a terminal or a pipe of the caller already shows what is logged. */
export function writesToStream(setup: LogSetup): boolean {
  return setup.handlers.some((handler) => handler.target.kind === "stream");
}

function targetOf(output: string): Result<LogTarget, string> {
  if (output === "-" || output === "stdout") return succeed({ kind: "stream", fd: 2 });
  if (!output.startsWith("syslog://")) return succeed({ kind: "file", path: output, maxBytes: 0, backupCount: 0, truncate: false });
  return syslogTarget(output);
}

/** Taken apart by hand: the URL class lower-cases and escapes what is a path on this machine. */
function syslogTarget(output: string): Result<LogTarget, string> {
  const match = /^syslog:\/\/(?:\[([^\]]+)\]|([^/?:[\]]*))(?::(\d+))?(\/[^?]*)?(?:\?(.*))?$/.exec(output);
  if (!match) return fail(`Cannot read log output "${output}": write syslog://host[:port][?facility] or syslog:///path[?facility]`);
  const host = match[1] ?? match[2] ?? "";
  const port = match[3] === undefined ? SYSLOG_PORT : Number(match[3]);
  if (port < 1 || port > 65535) return fail(`Cannot read log output "${output}": the port is not between 1 and 65535`);
  const address = host === "" ? { path: match[4] ?? SYSLOG_SOCKET } : { host, port };
  return succeed({ kind: "syslog", address, facility: facilityNumber(match[5] ?? "user") ?? facilityOfUser() });
}

/** What Circus does with a facility that it does not know. */
function facilityOfUser(): number {
  return FACILITIES["user"] ?? 1;
}
