/** Finds the function that a module exports for a hook, and finds it anew when the module's file has changed. */
import { realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { fail, succeed, type Result } from "../core/result.js";
import type { HookTarget } from "./hook-target.js";

/** Takes the one object that a hook is called with. */
export type HookFunction = (call: Readonly<Record<string, unknown>>) => unknown;

export type ModuleTarget = Exclude<HookTarget, { readonly kind: "program" }>;

export interface HookModules {
  /** The failure is the reason with what to do. */
  find(target: ModuleTarget): Promise<Result<HookFunction, string>>;
}

/** What Node has loaded for one file; a failed load is tried anew under another URL, since Node remembers failures too. */
interface Loaded {
  readonly version: string;
  /** Counts the tries of this version. */
  readonly attempt: number;
  readonly failed: boolean;
}

/**
 * @param base directory whose node_modules packages are looked for in, before circusd's own
 * @example `const found = await makeHookModules("/srv/app").find({ kind: "file", path: "/srv/app/hooks.js", name: "check" })`
 */
export function makeHookModules(base: string): HookModules {
  const loaded = new Map<string, Loaded>();

  const load = async (path: string): Promise<unknown> => {
    const file = await realpath(path);
    const { mtimeMs, ino, size } = await stat(file);
    const version = `${mtimeMs}-${ino}-${size}`;
    const last = loaded.get(file);
    const same = last?.version === version;
    const attempt = same ? last.attempt + (last.failed ? 1 : 0) : 0;
    if (last !== undefined && (!same || last.failed)) forgetCommonJs(file);
    loaded.set(file, { version, attempt, failed: false });
    const url = pathToFileURL(file);
    url.search = `?version=${version}${attempt === 0 ? "" : `-${attempt}`}`;
    try {
      return await import(url.href);
    } catch (error) {
      loaded.set(file, { version, attempt, failed: true });
      throw error;
    }
  };

  return {
    find: async (target) => {
      try {
        const place = target.kind === "file" ? target.path : resolvePackage(base, target.specifier);
        const module: unknown = isAbsolute(place) ? await load(place) : await import(place);
        return pick(module, target.name);
      } catch (error) {
        return fail(explain(error));
      }
    },
  };
}

/** CommonJS files are cached by path, whatever the URL that they were imported by. */
function forgetCommonJs(file: string): void {
  Reflect.deleteProperty(createRequire(file).cache, file);
}

/** The file of a package seen from `base`; one that cannot be found from there is left to Node, which looks beside circusd. */
function resolvePackage(base: string, specifier: string): string {
  try {
    return createRequire(join(base, "hooks.js")).resolve(specifier);
  } catch {
    return specifier;
  }
}

function pick(module: unknown, name: string): Result<HookFunction, string> {
  const own = property(module, name);
  // Not every export of a CommonJS module is seen by name; all are in its default.
  const found = own === undefined ? property(property(module, "default"), name) : own;
  if (typeof found === "function") {
    return succeed((call) => {
      const returned: unknown = Reflect.apply(found, undefined, [call]);
      return returned;
    });
  }
  if (found !== undefined)
    return fail(`its export "${name}" is no function but ${found === null ? "null" : `of type ${typeof found}`}; export a function`);
  const others = typeof module === "object" && module !== null ? Object.keys(module) : [];
  return fail(
    `it has no export "${name}"; ${others.length === 0 ? "it exports nothing" : `it exports ${others.map((other) => `"${other}"`).join(", ")}`}`,
  );
}

function property(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || !Object.hasOwn(value, name)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return `its module threw ${inspect(error, { depth: 0 })}`;
  const code = "code" in error ? error.code : "";
  const path = "path" in error ? String(error.path) : "";
  if (code === "ENOENT" && path !== "") return `no such file "${path}"; write the path of a module`;
  if (code === "EACCES" && path !== "") return `"${path}" cannot be read by this user`;
  // Node keeps the place of a syntax error from us, but not from who asks it.
  return `its module cannot be loaded: ${error.message}${error instanceof SyntaxError ? '; "node --check FILE" shows where' : ""}`;
}
