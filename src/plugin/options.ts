/** The options of a [plugin:NAME] section, read as what the plugin takes them for. */
import { nearest, parseBoolean, parseInteger, watcherOption } from "../core/options.js";
import { splitWords } from "../core/words.js";

/** Option to value, as written. */
export type PluginConfig = Readonly<Record<string, string>>;

/** A user's mistake in the options of a plugin: its message is all that needs to be told. */
export class PluginOptionError extends Error {
  override readonly name = "PluginOptionError";
}

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

/** Watcher options that come as many. */
const FAMILY = /^(env|hooks\.|rlimit_|stdout_stream|stderr_stream|use$|active$)/;

/**
 * Reads options by name. Every method throws PluginOptionError where the value is not what it must be, and gives the
 * default where there is none.
 * @example `const attempts = this.options.integer("attempts", 2, { min: 1 })`
 */
export class PluginOptions {
  readonly #plugin: string;
  readonly #config: PluginConfig;
  readonly #read = new Set<string>();

  constructor(plugin: string, config: PluginConfig) {
    this.#plugin = plugin;
    this.#config = config;
  }

  /** All of them as written, for who reads them otherwise: what is looked at there counts as read. */
  get raw(): PluginConfig {
    const look = (key: string | symbol): void => {
      if (typeof key === "string") this.#read.add(key);
    };
    return new Proxy(this.#config, {
      get: (config, key): unknown => {
        look(key);
        return Reflect.get(config, key);
      },
      has: (config, key) => {
        look(key);
        return Reflect.has(config, key);
      },
      getOwnPropertyDescriptor: (config, key) => {
        look(key);
        return Reflect.getOwnPropertyDescriptor(config, key);
      },
    });
  }

  text(key: string): string | null;
  text(key: string, byDefault: string): string;
  text(key: string, byDefault: string | null = null): string | null {
    return this.#value(key) ?? byDefault;
  }

  /** A text that must be there. @param what it is for, as in `add ${key} = ${what}` */
  required(key: string, what: string): string {
    const value = this.#value(key);
    if (value !== null) return value;
    throw new PluginOptionError(`Cannot start [plugin:${this.#plugin}] without "${key}": add ${key} = ${what}`);
  }

  integer(key: string, byDefault: number, range: NumberRange = {}): number {
    return this.#parse(key, byDefault, { parse: parseInteger, range, what: "an integer" });
  }

  number(key: string, byDefault: number, range: NumberRange = {}): number {
    return this.#parse(key, byDefault, { parse: parseNumber, range, what: "a number" });
  }

  /** A duration in seconds, above 0. */
  seconds(key: string, byDefault: number): number {
    const value = this.number(key, byDefault, { min: 0 });
    if (value > 0) return value;
    throw this.mistake(key, "expected seconds above 0");
  }

  flag(key: string, byDefault: boolean): boolean {
    const value = this.#value(key);
    if (value === null) return byDefault;
    const read = parseBoolean(value);
    if (read === null) throw this.mistake(key, "expected true or false");
    return read;
  }

  /** Words separated by commas or blanks. */
  words(key: string): readonly string[] {
    return (this.#value(key) ?? "").split(/[\s,]+/).filter((word) => word !== "");
  }

  /** The words of a command line, split by a shell's rules for quotes; null where there is none. */
  argv(key: string): readonly string[] | null {
    const value = this.#value(key);
    if (value === null) return null;
    const words = splitWords(value);
    if (!words.ok) throw this.mistake(key, `expected a command line, but ${words.failure}`);
    return words.value;
  }

  /** What follows the prefix in the options that begin with it, and their values: `prefixed("job.")`. */
  prefixed(prefix: string): ReadonlyMap<string, string> {
    const keys = Object.keys(this.#config).filter((key) => key.startsWith(prefix) && key.length > prefix.length);
    return new Map(keys.map((key) => [key.slice(prefix.length), this.#value(key) ?? ""]));
  }

  /** An error that tells what is wrong with the value of an option. */
  mistake(key: string, expected: string): PluginOptionError {
    return new PluginOptionError(`Cannot use ${key} = ${JSON.stringify(this.#config[key] ?? "")} in [plugin:${this.#plugin}]: ${expected}`);
  }

  /** Options that neither the plugin nor its watcher knows, each with what it may have been meant for. */
  unread(): readonly { readonly key: string; readonly near: string | null }[] {
    return Object.keys(this.#config)
      .filter((key) => !this.#read.has(key) && watcherOption(key) === null && !FAMILY.test(key))
      .map((key) => ({ key, near: nearest(key, [...this.#read]) }));
  }

  #value(key: string): string | null {
    this.#read.add(key);
    const value = Object.hasOwn(this.#config, key) ? this.#config[key]?.trim() : undefined;
    return value === undefined || value === "" ? null : value;
  }

  #parse(key: string, byDefault: number, how: { parse: (text: string) => number | null; range: NumberRange; what: string }): number {
    const text = this.#value(key);
    if (text === null) return byDefault;
    const { min = -Infinity, max = Infinity } = how.range;
    const value = how.parse(text);
    if (value !== null && value >= min && value <= max) return value;
    const bounds = max === Infinity ? (min === -Infinity ? "" : ` of ${min} or more`) : ` from ${min} to ${max}`;
    throw this.mistake(key, `expected ${how.what}${bounds}`);
  }
}

function parseNumber(text: string): number | null {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : null;
}
