/** Reads or evaluates an ecosystem file of PM2, which is a module, JSON with liberties, or YAML. */
import { closeSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

/**
 * What the file is, or what a module exports. A module runs inside this process, as it does inside pm2.
 * @throws whatever reading or evaluating throws
 */
export async function readEcosystem(path: string): Promise<unknown> {
  if (/\.[cm]?js$/.test(path)) {
    const module: unknown = await import(pathToFileURL(path).href);
    return defaultOf(module);
  }
  const text = await readFile(path, "utf8");
  const { parse } = await import("yaml");
  // YAML holds JSON, single quotes, bare keys and trailing commas; comments of JavaScript it does not know.
  const value: unknown = parse(path.endsWith(".json") ? withoutComments(text) : text);
  return value;
}

/** A module of CommonJS has its exports under `default`; one that was compiled, another `default` in there. */
function defaultOf(module: unknown): unknown {
  const first = member(module, "default") ?? module;
  return member(first, "__esModule") === true ? (member(first, "default") ?? first) : first;
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** Comments go, texts stay. */
function withoutComments(text: string): string {
  return text.replace(/("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, kept: string | undefined) => kept ?? "");
}

/** Whether a file is text, as its first bytes have it; directories and what cannot be read are missing. */
export function kindOfFile(path: string): "text" | "binary" | "missing" {
  try {
    const file = openSync(path, "r");
    try {
      const beginning = Buffer.alloc(512);
      const length = readSync(file, beginning, 0, beginning.length, 0);
      return beginning.subarray(0, length).includes(0) ? "binary" : "text";
    } finally {
      closeSync(file);
    }
  } catch {
    return "missing";
  }
}
