/** A logging configuration in the form of Python's fileConfig, brought into the shape of its dictConfig. */
import { parse } from "ini";
import { isRecord, textAt, type Fields } from "./fields.js";
import { readLiteral, type Literal } from "./python-literal.js";

/** Names of positional arguments, by the last part of the handler's class. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  StreamHandler: ["stream"],
  FileHandler: ["filename", "mode", "encoding", "delay"],
  WatchedFileHandler: ["filename", "mode", "encoding", "delay"],
  RotatingFileHandler: ["filename", "mode", "maxBytes", "backupCount", "encoding", "delay"],
  TimedRotatingFileHandler: ["filename", "when", "interval", "backupCount", "encoding", "delay", "utc"],
  SysLogHandler: ["address", "facility", "socktype"],
};

/** Faults in single values are put into `warn`, and the value is left out. */
export function dictFromIni(text: string, warn: (message: string) => void): Fields {
  const sections: Fields = parse(escaped(text));
  const dict: Record<string, Record<string, unknown>> = { formatters: {}, handlers: {}, loggers: {} };
  let root: unknown;
  for (const [section, content] of Object.entries(sections)) {
    const match = /^(formatter|handler|logger)_(.+)$/.exec(section);
    const [, kind, name] = match ?? [];
    if (kind === undefined || name === undefined || !isRecord(content)) continue;
    if (kind === "formatter") dict["formatters"] = { ...dict["formatters"], [name]: content };
    else if (kind === "handler") dict["handlers"] = { ...dict["handlers"], [name]: handlerOf(name, content, warn) };
    else if (name === "root") root = loggerOf(content);
    else dict["loggers"] = { ...dict["loggers"], [qualifiedName(content, name)]: loggerOf(content) };
  }
  return { ...dict, root };
}

/**
 * The `ini` package cuts values at `;` and `#`, nests sections at dots, takes quotes off and knows neither `key: value`
 * nor continuation lines; Python does the opposite each time.
 */
function escaped(text: string): string {
  const joined = text.replace(/\r?\n(?!\r?\n)[ \t]+(?=\S)/g, " ");
  return joined.split(/\r?\n/).map(escapedLine).join("\n");
}

function escapedLine(line: string): string {
  if (/^\s*([#;]|$)/.test(line)) return "";
  const header = /^\[(.+)\]\s*$/.exec(line);
  if (header) return `[${(header[1] ?? "").replaceAll(".", "\\.")}]`;
  const pair = /^\s*([^=:]+?)\s*[=:]\s*(.*?)\s*$/.exec(line);
  if (!pair) return line;
  /* A quoted JSON string is the one form that `ini` hands back letter for letter. */
  return `${pair[1] ?? ""} = ${JSON.stringify(pair[2] ?? "")}`;
}

function qualifiedName(content: Fields, name: string): string {
  return typeof content["qualname"] === "string" ? content["qualname"] : name;
}

function loggerOf(content: Fields): Fields {
  const handlers = typeof content["handlers"] === "string" ? content["handlers"].split(",").map((name) => name.trim()) : [];
  return { level: content["level"], propagate: content["propagate"] !== "0", handlers: handlers.filter((name) => name !== "") };
}

function handlerOf(name: string, content: Fields, warn: (message: string) => void): Fields {
  const kind = textAt(content, "class")?.split(".").at(-1) ?? "";
  const literal = (key: string): Literal => {
    const text = content[key];
    if (typeof text !== "string" || text === "") return null;
    const read = readLiteral(text);
    if (read.ok) return read.value;
    warn(`handler "${name}": ${read.failure}`);
    return null;
  };
  const args = literal("args");
  const kwargs = literal("kwargs");
  const positional: readonly Literal[] = Array.isArray(args) ? args : [];
  const named = positional.map((value, index) => [PARAMETERS[kind]?.[index] ?? `argument ${index + 1}`, value] as const);
  return {
    class: content["class"],
    level: content["level"],
    formatter: content["formatter"],
    ...Object.fromEntries(named),
    ...(isRecord(kwargs) ? kwargs : {}),
  };
}
