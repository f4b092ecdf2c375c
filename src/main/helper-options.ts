/** The options that circusd's helper programs have in common. */
import type { Pid } from "../core/ports.js";
import { fail, succeed, type Result } from "../core/result.js";
import type { LogLevel } from "../core/spec.js";
import { logLevel } from "./circusd-options.js";
import { invalidChoice, type Arguments, type Option } from "./command-line.js";

export interface LogSettings {
  readonly loglevel: LogLevel;
  readonly logoutput: string;
}

const LEVELS: readonly LogLevel[] = ["critical", "error", "warning", "info", "debug"];

export const LOG_OPTIONS: readonly Option[] = [
  { name: "log-level", value: "LOGLEVEL", help: `${LEVELS.slice(0, -1).join(", ")} or debug; info by default` },
  {
    name: "log-output",
    value: "LOGOUTPUT",
    help: "where the logs are written: a file, syslog://host[:port][?facility], syslog:///path[?facility], or - for standard error, the default",
    detail: "Where the log goes, in the forms that circusd(1) knows: `-` for standard error, the default, a syslog:// address, or a file.",
  },
];

export const CIRCUSD_OPTION: Option = {
  name: "circusd",
  value: "PID",
  help: "the circusd that started this, to end with it",
  detail: "The circusd that started this, which ends when that is its parent no longer. circusd gives this itself.",
};

export function readLog(given: Arguments): Result<LogSettings, string> {
  const level = given.value("log-level") ?? "info";
  const loglevel = logLevel(level);
  if (loglevel === null) return fail(invalidChoice("log-level", level, LEVELS));
  return succeed({ loglevel, logoutput: given.value("log-output") ?? "-" });
}

/** @returns null where the program was started by hand */
export function readCircusd(given: Arguments): Result<Pid | null, string> {
  const circusd = given.value("circusd");
  if (circusd === null) return succeed(null);
  return /^[1-9]\d*$/.test(circusd) ? succeed(Number(circusd)) : fail(`argument --circusd: invalid value: '${circusd}' (write its PID)`);
}
