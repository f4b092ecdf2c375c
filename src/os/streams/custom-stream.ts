/** A user's own stream class: `./mystream.js:MyStream`. */
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Clock } from "../../core/ports.js";
import { fail, type Result, succeed } from "../../core/result.js";
import type { OptionValue } from "../../core/spec.js";
import type { Taker } from "./record-sink.js";

export interface CustomTarget {
  /** A path, a file: URL or a package's name. */
  readonly module: string;
  readonly name: string;
}

/** Milliseconds for loading the module and opening the stream: the watchers after this one wait for it. */
const OPEN_LIMIT = 30_000;

type Method = (...values: readonly unknown[]) => unknown;

/** Reads `MODULE:CLASS`; null where the text has no such form. */
export function parseCustomTarget(text: string): CustomTarget | null {
  const parts = /^(.+):([A-Za-z_$][\w$]*)$/.exec(text);
  const [, module, name] = parts ?? [];
  return module === undefined || name === undefined || module === "file" ? null : { module, name };
}

/** Loads the module, makes the stream with its options and opens it, within half a minute. */
export async function loadCustomStream(
  target: CustomTarget,
  options: Readonly<Record<string, OptionValue>>,
  clock: Pick<Clock, "after">,
): Promise<Result<Taker, string>> {
  let late = false;
  const opening = open(target, options, () => late);
  return inTime(opening, clock, () => {
    late = true;
    return `Cannot open stream ${whole(target)}: its module or its open() took more than ${OPEN_LIMIT / 1000} s; make it quicker`;
  });
}

/** Tells whether the module can be loaded, within half a minute, and exports the class. No stream is made. */
export async function checkCustomStream(target: CustomTarget, clock: Pick<Clock, "after">): Promise<Result<unknown, string>> {
  const explain = (): string =>
    `Cannot load stream class ${whole(target)}: its module took more than ${OPEN_LIMIT / 1000} s; let it await nothing at its top level`;
  return inTime(loadClass(target), clock, explain);
}

/** What `work` gives, or a failure in these words where it takes too long. `work` never rejects. */
function inTime<T>(work: Promise<Result<T, string>>, clock: Pick<Clock, "after">, giveUp: () => string): Promise<Result<T, string>> {
  return new Promise((resolve) => {
    const cancel = clock.after(OPEN_LIMIT, () => resolve(fail(giveUp())));
    void work.then((done) => {
      cancel();
      resolve(done);
    });
  });
}

function whole({ module, name }: CustomTarget): string {
  return `"${module}:${name}"`;
}

/** Never rejects. A stream that was given up meanwhile is closed when it is open at last. */
async function open(
  target: CustomTarget,
  options: Readonly<Record<string, OptionValue>>,
  givenUp: () => boolean,
): Promise<Result<Taker, string>> {
  const found = await loadClass(target);
  if (!found.ok) return found;
  if (givenUp()) return fail(`Cannot make stream ${whole(target)}: it was given up`);
  try {
    const stream: unknown = Reflect.construct(found.value, [{ ...options }]);
    const put = method(stream, "write");
    if (put === null) return fail(`Cannot use stream class ${whole(target)}: it has no method write(record)`);
    const close = method(stream, "close");
    await method(stream, "open")?.();
    if (givenUp()) await close?.();
    return succeed({
      put: (record) => put(record),
      close: async () => {
        await close?.();
      },
    });
  } catch (error) {
    return fail(`Cannot make stream ${whole(target)}: ${messageOf(error)}`);
  }
}

/** Loads the module and finds the class, without making a stream. */
export async function loadClass(target: CustomTarget): Promise<Result<Constructor, string>> {
  const { module, name } = target;
  let exports: unknown;
  try {
    exports = await import(addressOf(module));
  } catch (error) {
    // Node also tells who asked for the module; where that is this file it is of no use to anyone.
    const reason = messageOf(error).replace(` imported from ${fileURLToPath(import.meta.url)}`, "");
    return fail(`Cannot load stream class "${module}:${name}": ${reason}`);
  }
  // A CommonJS module is the default export; what it holds is not always visible beside it.
  const found = member(exports, name) ?? member(member(exports, "default"), name);
  if (found === undefined) return fail(`Cannot find stream class "${name}" in "${module}": export it by that name`);
  if (!isConstructor(found)) return fail(`Cannot use "${name}" of "${module}" as a stream: it is no class`);
  return succeed(found);
}

type Constructor = new (...values: readonly unknown[]) => unknown;

function addressOf(module: string): string {
  return module.startsWith(".") || path.isAbsolute(module) ? pathToFileURL(path.resolve(module)).href : module;
}

function member(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  return Reflect.get(value, name);
}

function method(owner: unknown, name: string): Method | null {
  const found = member(owner, name);
  return typeof found === "function" ? (...values): unknown => Reflect.apply(found, owner, values) : null;
}

function isConstructor(value: unknown): value is Constructor {
  return typeof value === "function";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
