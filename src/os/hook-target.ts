/** Reads the text of a hook: a module's export, or a program. Pure. */
import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, succeed, type Result } from "../core/result.js";
import { splitWords } from "../core/words.js";

export type HookTarget =
  | { readonly kind: "file"; readonly path: string; readonly name: string }
  | { readonly kind: "package"; readonly specifier: string; readonly name: string }
  | { readonly kind: "program"; readonly program: string; readonly args: readonly string[] };

/** The failure is the reason with what to do: `it names no export; …`. */
export function parseHookTarget(target: string): Result<HookTarget, string> {
  const text = target.trim();
  if (text.startsWith("exec:")) return parseProgram(text.slice("exec:".length));
  const colon = text.lastIndexOf(":");
  const module = text.slice(0, colon);
  const name = text.slice(colon + 1);
  if (colon < 0 || /[/\\]/.test(name)) return fail(explainNoExport(text));
  if (module === "" || name === "") return fail(`write it as "./hooks.js:check", with the module before the colon and the export after it`);
  if (module.startsWith("file:")) return parseFileUrl(module, name);
  if (isAbsolute(module)) return succeed({ kind: "file", path: module, name });
  if (/^\.\.?\//.test(module)) return fail("its path is relative; write the absolute path of the module");
  return succeed({ kind: "package", specifier: module, name });
}

function parseProgram(command: string): Result<HookTarget, string> {
  const words = splitWords(command);
  if (!words.ok) return words;
  const [program, ...args] = words.value;
  if (program === undefined || program === "") return fail(`no program stands after "exec:"; write "exec:/path/to/program arg"`);
  return succeed({ kind: "program", program, args });
}

function parseFileUrl(url: string, name: string): Result<HookTarget, string> {
  try {
    return succeed({ kind: "file", path: fileURLToPath(url), name });
  } catch {
    return fail(`"${url}" is no URL of a file; write the path of the module`);
  }
}

function explainNoExport(text: string): string {
  if (/[/\\]|\.[cm]?[jt]s$/.test(text)) return `it names no export; write "${text}:check", with the name of the function after a colon`;
  const last = text.split(".").at(-1) ?? text;
  return (
    `it is a Python name, and hooks are JavaScript functions or programs here; port it to a module and write "./hooks.js:${last}", ` +
    `or call the Python code from a script and write "exec:/path/to/${last}.py"`
  );
}
