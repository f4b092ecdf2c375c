/** Who is told: what the section says of a webhook and of a command, ready to be called with a notice. */
import type { PluginOptions } from "circusd/plugin";
import { Deadline } from "../deadline.js";
import { runCommand } from "../run-command.js";
import { fieldsOf, type Notice, type NoticeFields } from "./notice.js";
import { parseJsonTemplate, parseTemplate, TemplateError, type Environment, type Template } from "./template.js";
import { deliver } from "./webhook.js";

export interface Receiving {
  readonly env: Environment;
  /** The name of this machine. */
  readonly host: string;
  /** No new attempts once this is aborted. */
  readonly hurry: AbortSignal;
  /** Gives up whatever is under way. */
  readonly end: AbortSignal;
}

export interface Receiver {
  /** For messages; without anything that could be a secret. */
  readonly name: string;
  /** Never rejects. @returns why it was not told, or null */
  readonly tell: (notice: Notice) => Promise<string | null>;
}

/** For a first look at what comes out of the templates. */
const SAMPLE: Notice = { event: "failed", watcher: "web", pid: 1, exitCode: 1, time: 0, message: "web", held: 0 };

/** @throws PluginOptionError where the section cannot be used, or names nobody */
export function readReceivers(options: PluginOptions, receiving: Receiving): readonly Receiver[] {
  // Without either there is nobody to tell.
  if (options.text("command") === null) options.required("url", "https://…, or command = PROGRAM …");
  const timeout = options.seconds("timeout", 10);
  return [webhook(options, receiving, timeout), command(options, receiving, timeout)].filter((one) => one !== null);
}

function webhook(options: PluginOptions, receiving: Receiving, timeout: number): Receiver | null {
  const { env, host, hurry, end } = receiving;
  const retries = options.integer("retries", 5, { min: 0 });
  const retryDelay = options.seconds("retry_delay", 1);
  const method = options.text("method", "POST").toUpperCase();
  const body = readBody(options, env);
  const headers = new Map(
    [...options.prefixed("header.")].map(([name, value]) => [name.toLowerCase(), readTemplate(options, `header.${name}`, { value, env })]),
  );
  const text = options.text("url");
  if (text === null) return null;
  const url = readTemplate(options, "url", { value: text, env });
  const request = (fields: NoticeFields) => ({
    url: url(fields, encodeURIComponent),
    method,
    headers: {
      "content-type": body.type,
      // A line break in a value would end the header.
      ...Object.fromEntries([...headers].map(([name, value]) => [name, value(fields).replace(/[\r\n]+/g, " ")])),
    },
    body: body.write(fields),
  });
  const sample = request(fieldsOf(SAMPLE, host));
  if (!/^https?:\/\//i.test(sample.url) || !URL.canParse(sample.url))
    throw options.mistake("url", "expected a URL that begins with http:// or https://");
  if (!/^[A-Z]+$/.test(method)) throw options.mistake("method", "expected a method of HTTP such as POST");
  for (const [name, value] of Object.entries(sample.headers)) {
    if (!isHeader(name, value)) throw options.mistake(`header.${name}`, "expected a header of HTTP");
  }
  const persistence = { timeout, retries, retryDelay, hurry, end };
  return { name: `the webhook at ${new URL(sample.url).host}`, tell: (notice) => deliver(request(fieldsOf(notice, host)), persistence) };
}

function command(options: PluginOptions, { env, host, end }: Receiving, timeout: number): Receiver | null {
  const argv = options.argv("command")?.map((value) => readTemplate(options, "command", { value, env }));
  if (argv === undefined) return null;
  const tell = async (notice: Notice): Promise<string | null> => {
    const fields = fieldsOf(notice, host);
    const variables = Object.entries(fields).map(([name, value]): [string, string] => [
      `CIRCUS_${name.toUpperCase()}`,
      String(value ?? ""),
    ]);
    using deadline = new Deadline(timeout, end);
    const ended = await runCommand({
      argv: argv.map((word) => word(fields)),
      env: Object.fromEntries(variables),
      stdin: `${JSON.stringify(fields)}\n`,
      signal: deadline.signal,
    });
    return ended.kind === "done" ? null : `it ${ended.reason}`;
  };
  return { name: `the command "${options.argv("command")?.[0] ?? ""}"`, tell };
}

interface Body {
  readonly type: string;
  readonly write: (fields: NoticeFields) => string;
}

/** What looks like JSON is JSON: what is put into it needs no quotes of the user's. */
function readBody(options: PluginOptions, env: Environment): Body {
  const text = options.text("body");
  if (text === null) return { type: "application/json", write: (fields) => JSON.stringify(fields) };
  const json = complaining(options, "body", () => parseJsonTemplate(text, env));
  if (json !== null) return { type: "application/json", write: (fields) => JSON.stringify(json(fields)) };
  if (/^[[{]\s*["{[\]}]/.test(text)) throw options.mistake("body", "it begins like JSON and is none");
  const plain = readTemplate(options, "body", { value: text, env });
  return { type: "text/plain; charset=utf-8", write: (fields) => plain(fields) };
}

function readTemplate(
  options: PluginOptions,
  key: string,
  { value, env }: { readonly value: string; readonly env: Environment },
): Template {
  return complaining(options, key, () => parseTemplate(value, env));
}

function complaining<T>(options: PluginOptions, key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TemplateError) throw options.mistake(key, error.message);
    throw error;
  }
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}
