/** Loads the module of a plugin: one that comes along, a file, or a package. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PluginUse } from "../core/plugin-use.js";
import { fail, succeed, type Result } from "../core/result.js";
import { makeOwnNamesKnown } from "./own-names.js";

/**
 * Loads it; a relative path is seen from the working directory.
 * @returns what the module exports; the failure is the reason with what to do
 * @throws what the module itself throws while it is loaded
 */
export async function loadPluginModule(use: PluginUse): Promise<Result<unknown, string>> {
  const specifier = await addressOf(use);
  if (!specifier.ok) return specifier;
  makeOwnNamesKnown();
  try {
    const module: unknown = await import(specifier.value);
    return succeed(module);
  } catch (error) {
    const reason = explain(error);
    if (reason === null) throw error;
    return fail(reason);
  }
}

async function addressOf(use: PluginUse): Promise<Result<string, string>> {
  switch (use.kind) {
    case "builtin":
      return succeed(new URL(`../../plugins/${use.plugin.folder}/index.js`, import.meta.url).href);
    case "package":
      return succeed(use.specifier);
    case "file":
      return fileAddress(use.path);
  }
}

async function fileAddress(written: string): Promise<Result<string, string>> {
  try {
    const path = resolve(written.startsWith("file:") ? fileURLToPath(written) : written);
    if (!(await stat(path)).isFile()) return fail(`"${path}" is no file; write the path of a module`);
    return succeed(pathToFileURL(path).href);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return fail(`there is no such file; write the path of a module`);
    if (code === "EACCES") return fail("it cannot be reached by this user");
    return fail(messageOf(error));
  }
}

/** What is wrong with a module that cannot be loaded; null where it was loaded and threw. */
function explain(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = codeOf(error);
  const { message } = error;
  // Whoever asked is of no use to anyone where that is this file.
  if (code === "ERR_MODULE_NOT_FOUND") return message.replace(` imported from ${fileURLToPath(import.meta.url)}`, "");
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /\.[cm]?ts\b/.test(message))
    return `Node ${process.versions.node} does not run TypeScript; compile it, or use Node 22.18 or newer`;
  if (/^ERR_(PACKAGE|UNSUPPORTED|INVALID_(MODULE|PACKAGE|TYPESCRIPT)|UNKNOWN_(FILE|MODULE))/.test(code) || code === "EACCES")
    return message;
  if (code === "MODULE_NOT_FOUND") return notRequired(message);
  return error instanceof SyntaxError ? explainSyntax(error) : null;
}

/** Its lines after the first name who required it. */
function notRequired(message: string): string {
  const [what = "", , first] = message.split("\n");
  const by = first === undefined ? "" : ` required by ${first.replace(/^- /, "")}`;
  return `${what}${by}${/'circusd(\/|')/.test(what) ? "; before Node 22.15 import finds it, but require does not" : ""}`;
}

/** Null where a text was parsed by the module itself. */
function explainSyntax({ message, stack = "" }: SyntaxError): string | null {
  const lines = stack.split("\n");
  const frame = lines.find((line) => /^ +at /.test(line)) ?? "";
  if (!frame.includes("(node:internal/")) return null;
  const [place = ""] = lines;
  // Node keeps the place of most syntax errors from us, but not from who asks it.
  return place.startsWith("SyntaxError") ? `${message}; "node --check FILE" shows where` : `${place}: ${message}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
