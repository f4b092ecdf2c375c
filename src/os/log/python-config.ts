/**
 * A logging configuration in the shape of Python's dictConfig, read as far as it makes sense here: the levels and
 * handlers of the `circus` logger and of the root, with their formatters. All else is told in warnings.
 */
import { isRecord, numberAt, recordAt, shown, textAt, type Fields } from "./fields.js";
import { unknownFields } from "./format.js";
import { facilityNumber, SEVERITY, type LogHandlerSpec, type LogSetup, type LogTarget, type SyslogAddress } from "./setup.js";

type Warn = (message: string) => void;

interface Reading {
  readonly dict: Fields;
  readonly warn: Warn;
}

const LOGGER = "circus";
const LEVELS: Readonly<Record<string, number>> = {
  NOTSET: 0,
  DEBUG: SEVERITY.debug,
  INFO: SEVERITY.info,
  WARN: SEVERITY.warning,
  WARNING: SEVERITY.warning,
  ERROR: SEVERITY.error,
  CRITICAL: SEVERITY.critical,
  FATAL: SEVERITY.critical,
};
const UNREAD = ["filters", "incremental"];
const HANDLER_KEYS = new Set([
  "class",
  "level",
  "formatter",
  "filename",
  "mode",
  "encoding",
  "delay",
  "errors",
  "maxBytes",
  "backupCount",
  "stream",
  "address",
  "facility",
]);

/** With no handler that is understood, the log goes to standard error, so that it is never lost without a word. */
export function setupFromDict(dict: Fields, warn: Warn): LogSetup {
  const reading = { dict, warn };
  for (const key of UNREAD) if (key in dict && dict[key] !== false) warn(`"${key}" is not understood`);
  const root = recordAt(dict, "root");
  const own = recordAt(recordAt(dict, "loggers"), LOGGER);
  for (const name of Object.keys(recordAt(dict, "loggers")))
    if (name !== LOGGER) warn(`logger "${name}" has no meaning: circusd logs as "${LOGGER}" alone`);
  const level = levelOf(own, reading) || levelOf(root, reading) || SEVERITY.warning;
  const names = [...handlerNames(own), ...(own["propagate"] === false ? [] : handlerNames(root))];
  const understood = [...new Set(names)].map((name) => handlerOf(name, reading)).filter((handler) => handler !== null);
  if (understood.length > 0) return { level, handlers: understood.filter((handler) => handler !== "silence") };
  warn("no handler is left: logging to standard error");
  return { level, handlers: [{ target: { kind: "stream", fd: 2 }, threshold: 0, format: "%(message)s", dateFormat: null }] };
}

function handlerNames(logger: Fields): readonly string[] {
  const names = logger["handlers"];
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/** 0 where none is set, as Python's NOTSET. */
function levelOf(fields: Fields, { warn }: Reading): number {
  const value = fields["level"];
  if (value === undefined || value === null || value === "") return 0;
  const number = numberAt(fields, "level");
  if (number !== null) return number;
  const name = shown(value).toUpperCase();
  if (Object.hasOwn(LEVELS, name)) return LEVELS[name] ?? 0;
  warn(`level "${shown(value)}" is not understood: use DEBUG, INFO, WARNING, ERROR or CRITICAL`);
  return 0;
}

/** Null where it is not understood. */
function handlerOf(name: string, reading: Reading): LogHandlerSpec | "silence" | null {
  const handlers = recordAt(reading.dict, "handlers");
  const fields = handlers[name];
  if (!isRecord(fields)) {
    reading.warn(`handler "${name}" is named but not configured`);
    return null;
  }
  if (classOf(fields) === "NullHandler") return "silence";
  const warn: Warn = (message) => reading.warn(`handler "${name}": ${message}`);
  const target = targetOf(fields, warn);
  if (target === null) return null;
  for (const key of Object.keys(fields)) if (!HANDLER_KEYS.has(key)) warn(`"${key}" is not understood`);
  const threshold = levelOf(fields, { ...reading, warn });
  return { target, threshold, ...formatOf(textAt(fields, "formatter"), reading) };
}

function formatOf(name: string | null, { dict, warn }: Reading): { readonly format: string; readonly dateFormat: string | null } {
  const plain = { format: "%(message)s", dateFormat: null };
  if (name === null) return plain;
  const formatters = recordAt(dict, "formatters");
  if (!isRecord(formatters[name])) {
    warn(`formatter "${name}" is named but not configured`);
    return plain;
  }
  const fields = recordAt(formatters, name);
  if (fields["style"] !== undefined && fields["style"] !== "%")
    warn(`formatter "${name}": style "${shown(fields["style"])}" is not understood, only "%"`);
  if ("()" in fields || "class" in fields) warn(`formatter "${name}": a class of one's own is not understood`);
  const format = textAt(fields, "format") ?? plain.format;
  for (const field of unknownFields(format)) warn(`formatter "${name}": "%(${field})" has no meaning here`);
  return { format, dateFormat: textAt(fields, "datefmt") };
}

function targetOf(fields: Fields, warn: Warn): LogTarget | null {
  switch (classOf(fields)) {
    case "StreamHandler":
      return streamTarget(fields, warn);
    case "TimedRotatingFileHandler":
      warn("TimedRotatingFileHandler does not rotate here: use RotatingFileHandler, or logrotate, which needs no signal");
      return fileTarget(fields, warn);
    case "RotatingFileHandler":
    case "WatchedFileHandler":
    case "FileHandler":
      return fileTarget(fields, warn);
    case "SysLogHandler":
      return syslogTarget(fields, warn);
    default:
      warn(
        `class "${textAt(fields, "class") ?? ""}" is not understood: use StreamHandler, FileHandler, WatchedFileHandler, RotatingFileHandler or SysLogHandler`,
      );
      return null;
  }
}

/** Without its module: `logging.handlers.SysLogHandler`, `handlers.SysLogHandler` and `SysLogHandler` are one. */
function classOf(fields: Fields): string {
  return textAt(fields, "class")?.split(".").at(-1) ?? "";
}

function streamTarget(fields: Fields, warn: Warn): LogTarget {
  const stream = textAt(fields, "stream") ?? "ext://sys.stderr";
  if (stream === "ext://sys.stdout") return { kind: "stream", fd: 1 };
  if (stream !== "ext://sys.stderr") warn(`stream "${stream}" is not understood: standard error is used`);
  return { kind: "stream", fd: 2 };
}

function fileTarget(fields: Fields, warn: Warn): LogTarget | null {
  const path = textAt(fields, "filename");
  if (path === null) {
    warn("no filename is given");
    return null;
  }
  return {
    kind: "file",
    path,
    maxBytes: numberAt(fields, "maxBytes") ?? 0,
    backupCount: numberAt(fields, "backupCount") ?? 0,
    truncate: (textAt(fields, "mode") ?? "a").startsWith("w"),
  };
}

function syslogTarget(fields: Fields, warn: Warn): LogTarget {
  const written = fields["facility"];
  const name = typeof written === "string" ? (/(?:LOG_)?([A-Za-z0-9]+)$/.exec(written)?.[1] ?? "") : "user";
  const facility = typeof written === "number" ? written : facilityNumber(name);
  if (facility === null) warn(`facility "${shown(written)}" is not known: "user" is used`);
  return { kind: "syslog", address: addressOf(fields["address"]), facility: facility ?? 1 };
}

/** Python's default is UDP to this host. */
function addressOf(value: unknown): SyslogAddress {
  if (typeof value === "string") return { path: value };
  const parts: readonly unknown[] = Array.isArray(value) ? value : [];
  const [host, port] = parts;
  return { host: typeof host === "string" ? host : "localhost", port: typeof port === "number" ? port : 514 };
}
