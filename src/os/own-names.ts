/**
 * How modules of plugins find packages. This one goes by its name everywhere, also where it is not installed beside
 * them, and always as this very copy: a plugin and what runs it have to agree. A package that is a plugin is looked
 * for from the working directory first, then beside circusd.
 */
import * as modules from "node:module";
import { pathToFileURL } from "node:url";

const NAMES: ReadonlyMap<string, URL> = new Map([
  ["circusd", new URL("../index.js", import.meta.url)],
  ["circusd/client", new URL("../client/index.js", import.meta.url)],
  ["circusd/plugin", new URL("../plugin/index.js", import.meta.url)],
]);

/** The module that loads plugins. */
const LOADER = new URL("plugin-module.js", import.meta.url).href;

/** The address of a public module of this package; null where the specifier names something else. */
export function ownAddress(specifier: string): string | null {
  return NAMES.get(specifier)?.href ?? null;
}

/** From where to look for what is imported, before Node looks from where it was asked; null leaves it to Node. */
export function otherParent(parent: string | undefined): string | null {
  return parent === LOADER ? pathToFileURL(`${process.cwd()}/`).href : null;
}

/** Whether Node has not found a module, but might find it from elsewhere. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

type Context = modules.ResolveHookContext;
type Next = (specifier: string, context: Context) => modules.ResolveFnOutput;

/** Takes effect for every module that is loaded from then on. */
export function makeOwnNamesKnown(): void {
  const registerHooks: unknown = Reflect.get(modules, "registerHooks");
  if (typeof registerHooks === "function") Reflect.apply(registerHooks, modules, [{ resolve }]);
  // Before Node 22.15 hooks run in a thread of their own, and are not asked for what is required.
  else modules.register("./own-names-hook.js", import.meta.url);
}

function resolve(specifier: string, context: Context, next: Next): modules.ResolveFnOutput {
  const url = ownAddress(specifier);
  if (url !== null) return { url, shortCircuit: true };
  const parentURL = otherParent(context.parentURL);
  if (parentURL === null) return next(specifier, context);
  try {
    return next(specifier, { ...context, parentURL });
  } catch (error) {
    if (isNotFound(error)) return next(specifier, context);
    throw error;
  }
}
