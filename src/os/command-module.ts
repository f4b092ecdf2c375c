/** The definition of an added command, as a module exports it by default. */
import { realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { fail, succeed, type Result } from "../core/result.js";

type Properties = Readonly<Record<string, unknown>>;

/** What its functions are called with besides: a way to ask the arbiter, made by `main`. */
export interface CommandModule<Context> {
  readonly name: string;
  readonly summary: string;
  readonly operands: string;
  readonly help: string;
  readonly read: (words: readonly string[]) => Promise<Properties>;
  readonly execute: (properties: Properties, context: Context) => Promise<Properties>;
  readonly render: (reply: Properties) => Promise<string>;
}

const NAME = /^[a-z][a-z0-9_-]*$/;

/**
 * Loads a module, anew when its file has changed. The failure tells what is wrong with it and what to do.
 * @param base directory whose node_modules a package is looked for in, before circusd's own
 */
export async function loadCommandModule<Context>(module: string, base: string): Promise<Result<CommandModule<Context>, string>> {
  try {
    const exported: unknown = await import(await addressOf(module, base));
    const read = readDefinition<Context>(member(exported, "default") ?? exported);
    return read.ok ? read : fail(`Cannot use "${module}" as a command: ${read.failure}`);
  } catch (error) {
    return fail(`Cannot load command "${module}": ${reasonOf(error)}`);
  }
}

/** What a missing file is told as must not depend on which call has missed it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const missing = "syscall" in error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
  return missing ? "there is no such file; write the path of a module" : error.message;
}

async function addressOf(module: string, base: string): Promise<string> {
  if (!isAbsolute(module)) return pathToFileURL(createRequire(join(base, "commands.js")).resolve(module)).href;
  const file = await realpath(module);
  const { mtimeMs, ino, size } = await stat(file);
  const url = pathToFileURL(file);
  // Node keeps what it has loaded by its address.
  url.search = `?version=${mtimeMs}-${ino}-${size}`;
  return url.href;
}

function readDefinition<Context>(given: unknown): Result<CommandModule<Context>, string> {
  const text = (key: string): string | null => {
    const value = member(given, key);
    return typeof value === "string" ? value : null;
  };
  const name = text("name");
  if (name === null || !NAME.test(name))
    return fail('its default export needs a name of lower-case letters and digits, such as name: "deploy"');
  const execute = method(given, "execute");
  if (execute === null) return fail(`its default export needs a function execute(properties, circus), which does what "${name}" is for`);
  const read = method(given, "read");
  const render = method(given, "render");
  return succeed({
    name,
    summary: text("summary") ?? "",
    operands: text("operands") ?? "",
    help: text("help") ?? "",
    read: async (words) => {
      if (read !== null) return objectOf(await read(words), `read() of "${name}"`);
      if (words.length > 0) throw new Error(`"${name}" takes no words: its module has no function read(words)`);
      return {};
    },
    execute: async (properties, context) => objectOf((await execute(properties, context)) ?? {}, `execute() of "${name}"`),
    render: async (reply) => String(render === null ? "ok" : await render(reply)),
  });
}

function member(value: unknown, key: string): unknown {
  return (typeof value === "object" || typeof value === "function") && value !== null ? Reflect.get(value, key) : undefined;
}

function method(owner: unknown, key: string): ((...given: readonly unknown[]) => unknown) | null {
  const found = member(owner, key);
  return typeof found === "function" ? (...given): unknown => Reflect.apply(found, owner, given) : null;
}

function objectOf(value: unknown, what: string): Properties {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${what} gave no object`);
  return Object.fromEntries(Object.entries(value));
}
