/** Texts with `{watcher}` and the like in them, and JSON whose strings are such texts. */
import { FIELDS, type Field, type NoticeFields } from "./notice.js";

/** Writes a value where it stands in a URL, a header or a plain text. */
export type Quote = (value: string) => string;

export type Template = (fields: NoticeFields, quote?: Quote) => string;

/** The mistake reads on after "expected …, but". */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

export type Environment = Readonly<Record<string, string | undefined>>;

const PLACEHOLDER = /\{(env\.\w+|[a-z_]+)\}/;

/**
 * `{env.NAME}` is replaced at once, all others for each notice. Braces around anything else are themselves.
 * @throws TemplateError for a name that nobody knows, and for a variable that is not set
 */
export function parseTemplate(text: string, env: Environment): Template {
  const parts = text.split(new RegExp(PLACEHOLDER, "g")).map((part, at): string | { readonly field: Field } => {
    if (at % 2 === 0) return part;
    if (part.startsWith("env.")) return variable(part.slice("env.".length), env);
    const field = FIELDS.find((name) => name === part);
    if (field === undefined)
      throw new TemplateError(`nobody knows {${part}}; there are ${FIELDS.map((name) => `{${name}}`).join(" ")} {env.NAME}`);
    return { field };
  });
  return (fields, quote = (value) => value) =>
    parts.map((part) => (typeof part === "string" ? part : quote(String(fields[part.field] ?? "")))).join("");
}

export type JsonTemplate = (fields: NoticeFields) => unknown;

/**
 * Of a JSON text: its strings are templates, and one that is a placeholder and nothing else becomes the value itself,
 * so that a pid is a number and none is null.
 * @returns null where the text is no JSON
 * @throws TemplateError
 */
export function parseJsonTemplate(text: string, env: Environment): JsonTemplate | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  return jsonTemplate(json, env);
}

function jsonTemplate(json: unknown, env: Environment): JsonTemplate {
  if (typeof json === "string") {
    const template = parseTemplate(json, env);
    const whole = FIELDS.find((field) => json === `{${field}}`);
    return whole === undefined ? (fields) => template(fields) : (fields) => fields[whole];
  }
  if (Array.isArray(json)) {
    const items = json.map((item: unknown) => jsonTemplate(item, env));
    return (fields) => items.map((item) => item(fields));
  }
  if (typeof json !== "object" || json === null) return () => json;
  const members = Object.entries(json).map(([key, value]): [string, JsonTemplate] => [key, jsonTemplate(value, env)]);
  return (fields) => Object.fromEntries(members.map(([key, value]) => [key, value(fields)]));
}

function variable(name: string, env: Environment): string {
  const value = env[name];
  if (value === undefined || value === "") throw new TemplateError(`the environment variable ${name} is not set`);
  return value;
}
